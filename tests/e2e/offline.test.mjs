// What has been opened once opens again without a network.
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

for (const isolated of [true, false]) {
  test(`a second visit without a network (${isolated ? 'headers' : 'static host'})`, async (t) => {
    const scene = await open_scene(t, { isolated });
    const first = await visit(scene);
    // Kept once the browser has nothing else to do: wait until the network's file is among what is kept.
    await first.page.waitForFunction(async () => {
      const cache = await caches.open('convscope-1');
      const kept = (await cache.keys()).map((request) => request.url);
      return ['.net', 'engine', 'page.wasm'].every((part) => kept.some((url) => url.includes(part)));
    }, undefined, { timeout: 30_000 });
    await first.context.setOffline(true);
    await first.page.reload();
    await first.answered();
    first.assert_clean();
  });
}
