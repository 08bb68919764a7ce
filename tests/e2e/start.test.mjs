// Point 2: HTML first, progress in bytes, then a network at work, without a click; and how much that downloads.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kSite } from './support/host.mjs';
import { keep_screenshot, open_scene, visit } from './support/page.mjs';

test('name, claim and progress are painted before any program has come', async (t) => {
  const scene = await open_scene(t);
  const context = await scene.browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route(/\.(wasm|net)$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(scene.host.url, { waitUntil: 'commit' });
  await page.getByRole('heading', { name: 'ConvScope' }).waitFor();
  await page.getByText('Nothing leaves this computer').waitFor();
  await page.getByText(/Downloading/).waitFor();
  await page.getByRole('progressbar').waitFor();
  // Bytes for each file and in sum.
  await page.getByText(/^\d.* \/ \d.*MB$/).first().waitFor();
  assert.ok((await page.locator('#files li').count()) >= 2);
  await keep_screenshot(page, 'start-downloading');
  release();
  await page.locator('#mirror [data-id^="class."]').first().waitFor({ state: 'attached', timeout: 60_000 });
  await page.locator('#start').waitFor({ state: 'hidden' });
  await context.close();
});

test('at most 3 MB are sent before the first picture is answered', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { query: '?sw=off' });
  const paths = new Set(await page.page.evaluate(() => {
    const moment = performance.getEntriesByName('convscope-first-answer')[0].startTime;
    const early = performance.getEntriesByType('resource').filter((entry) => entry.startTime < moment);
    return ['/', ...early.map((entry) => new URL(entry.name).pathname)];
  }));
  // Workers fetch their own scripts, which the page's list does not have: count what is not a later picture.
  const counted = scene.host.sent.filter(({ path }) => paths.has(path) || path.includes('engine'));
  const total = counted.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`# ${(total / 1e6).toFixed(2)} MB before the first answer: ${counted.map(({ path, bytes }) => `${path.split('/').at(-1)} ${bytes}`).join(', ')}`);
  assert.ok(total <= 3e6, `${total} bytes`);
  page.assert_clean();
});

test('each .wasm has at most 1 MB with brotli', () => {
  const sizes = [];
  for (const folder of readdirSync(join(kSite, 'assets'))) {
    if (folder.includes('.')) continue;
    for (const file of readdirSync(join(kSite, 'assets', folder))) {
      if (file.endsWith('.wasm.br')) sizes.push([file, statSync(join(kSite, 'assets', folder, file)).size]);
    }
  }
  assert.equal(sizes.length, 5);
  for (const [file, bytes] of sizes) assert.ok(bytes <= 1e6, `${file}: ${bytes} bytes`);
});

test('without JavaScript the page says what it needs, in both languages', async (t) => {
  // Playwright needs scripts to look at a page, so this one is read as it is sent.
  const { host } = await open_scene(t);
  const html = await (await fetch(host.url)).text();
  const said = html.match(/<noscript>([\s\S]*)<\/noscript>/)[1];
  assert.match(said, /needs JavaScript.*reload/);
  assert.match(said, /需要 JavaScript/);
});

test('a file that cannot be had: a sentence, and a button to try again', async (t) => {
  const scene = await open_scene(t);
  const context = await scene.browser.newContext({ locale: 'zh-CN' });
  const page = await context.newPage();
  await page.route(/page\.wasm$/, (route) => route.abort());
  await page.goto(`${scene.host.url}?sw=off`);
  await page.getByText(/无法下载 page\.wasm/).waitFor();
  await page.unroute(/page\.wasm$/);
  await page.getByRole('button', { name: '重试' }).click();
  await page.locator('#mirror [data-id^="class."]').first().waitFor({ state: 'attached', timeout: 60_000 });
  await context.close();
});

test('nothing is drawn while nothing changes', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await page.page.mouse.move(5, 5);
  await page.page.evaluate(() => {
    window.last_frame = performance.now();
    const ask = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (run) => ask((moment) => ((window.last_frame = performance.now()), run(moment)));
  });
  // The first pictures fade in; after that, four seconds pass without a single frame.
  await page.page.waitForFunction(() => performance.now() - window.last_frame > 4000, undefined, { timeout: 60_000, polling: 500 });
  page.assert_clean();
});
