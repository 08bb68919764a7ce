// What has been opened once opens again without a network.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

// Files are kept once the browser has nothing else to do.
async function all_kept(page) {
  const wanted = ['/', '.net', '.otf', 'engine-relaxed', 'page.wasm', 'main-'];
  for (let i = 0; i < 150; ++i) {
    const kept = await page.evaluate(async () => (await (await caches.open('convscope-1')).keys()).map((request) => new URL(request.url).pathname));
    if (wanted.every((part) => kept.some((path) => (part === '/' ? path === '/' : path.includes(part))))) return;
    await page.waitForTimeout(200);
  }
  assert.fail('not everything was kept for offline use within 30 s');
}

for (const isolated of [true, false]) {
  test(`a second visit without a network (${isolated ? 'headers' : 'static host'})`, async (t) => {
    const scene = await open_scene(t, { isolated });
    const first = await visit(scene);
    await all_kept(first.page);
    await first.context.setOffline(true);
    await first.page.reload();
    await first.answered();
    first.assert_clean();
  });
}
