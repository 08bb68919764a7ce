// Which engine build runs, on hosts with and without isolation headers, in frames, and why the page says so.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { start_host } from './support/host.mjs';
import { launch, visit } from './support/page.mjs';

const browser = await launch();
const isolated = await start_host({ isolated: true });
const plain = await start_host();
after(async () => {
  await browser.close();
  await isolated.close();
  await plain.close();
});

// Opens the page and counts how often it was loaded.
async function count_loads(host, options) {
  const scene = await visit({ browser, host }, { ...options, wait: false });
  let loads = 1;
  scene.page.on('framenavigated', (frame) => frame === scene.page.mainFrame() && ++loads);
  await scene.answered();
  // A page that would reload again does so at once: its first answer is long after.
  return { scene, loads };
}
const is_isolated = (scene) => scene.page.evaluate(() => crossOriginIsolated);

test('with the headers: the threaded build at once', async () => {
  const { scene, loads } = await count_loads(isolated, { query: '?threads=2' });
  assert.equal(loads, 1);
  assert.equal(await is_isolated(scene), true);
  await scene.says(/2 threads/);
  await scene.says(/relaxed SIMD/);
  scene.assert_clean();
  await scene.context.close();
});

test('on a static host: one reload by the service worker, and none on the second visit', async () => {
  const { scene, loads } = await count_loads(plain, { query: '?threads=2' });
  assert.ok(loads <= 2, `${loads} loads`);
  assert.equal(await is_isolated(scene), true);
  await scene.says(/2 threads/);
  let again = 0;
  scene.page.on('framenavigated', () => ++again);
  await scene.page.reload();
  await scene.answered();
  assert.equal(again, 1);
  assert.equal(await is_isolated(scene), true);
  scene.assert_clean();
  await scene.context.close();
});

test('?sw=off on a static host: one thread, no reload, and the page says why', async () => {
  const { scene, loads } = await count_loads(plain, { query: '?sw=off' });
  assert.equal(loads, 1);
  assert.equal(await is_isolated(scene), false);
  await scene.says(/\?sw=off switched the service worker off\. Take it out of the address/);
  scene.assert_clean();
  await scene.context.close();
});

test('without service workers: one thread, no reload, and the page says why', async () => {
  const { scene, loads } = await count_loads(plain, { serviceWorkers: 'block' });
  assert.equal(loads, 1);
  await scene.says(/service workers are not available here\. Open the page over HTTPS in an ordinary window/);
  await scene.context.close();
});

test('?build= and ?threads= choose, in all four builds', async () => {
  for (const build of ['simd', 'simd-threads', 'relaxed', 'relaxed-threads']) {
    const { scene, loads } = await count_loads(isolated, { query: `?build=${build}&threads=2` });
    assert.equal(loads, 1);
    await scene.says(new RegExp(`Build ${build}, as \\?build= asks`));
    scene.assert_clean();
    await scene.context.close();
  }
});

test('a build that cannot run here is not tried', async () => {
  const { scene } = await count_loads(plain, { query: '?build=relaxed-threads&sw=off' });
  await scene.says(/cannot run \?build=relaxed-threads/);
  scene.assert_clean();
  await scene.context.close();
});

// A page of another origin with ours in a frame.
async function in_frame(host, attributes = '', query = '') {
  const around = await start_host({ pages: { '/': `<!doctype html><title>a host page</title><iframe ${attributes} src="${host.url}${query}" width="1200" height="800"></iframe>` } });
  after(() => around.close());
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  await page.goto(around.url);
  const frame = page.frameLocator('iframe');
  await frame.locator('#mirror [data-id^="class."]').first().waitFor({ state: 'attached', timeout: 60_000 });
  const inner = page.frames().find((candidate) => candidate.url().startsWith(host.url));
  return { context, page, frame, inner };
}

test('in a frame of another site on a static host: isolated by Document-Isolation-Policy after one reload', async () => {
  const { context, inner } = await in_frame(plain, '', '?threads=2');
  assert.equal(await inner.evaluate(() => crossOriginIsolated), true);
  assert.equal(await inner.evaluate(() => sessionStorage.getItem('convscope-isolation-reloads')), null);
  await context.close();
});

test('in a frame without that: one thread, and the page works', async () => {
  const { context, inner, frame } = await in_frame(plain, '', '?sw=off');
  assert.equal(await inner.evaluate(() => crossOriginIsolated), false);
  assert.ok((await frame.locator('#mirror').textContent()).length > 0);
  await context.close();
});
