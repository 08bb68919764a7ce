// What can go wrong, one test each: a sentence that says what happened and what to do, and a page that goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kBroken } from './support/files.mjs';
import { open_scene, visit } from './support/page.mjs';

async function open_file(page, name, buffer) {
  await page.press('picture');
  const [chooser] = await Promise.all([page.page.waitForEvent('filechooser'), page.press('picture.open')]);
  await chooser.setFiles({ name, mimeType: 'image/jpeg', buffer });
}

// The page still answers to another picture.
async function goes_on(page) {
  await page.press('sample.coffee');
  await page.first_answer((answer) => /espresso/i.test(answer.name));
}

const kSentences = {
  'cut.jpg': /cut|truncated|damaged|incomplete|ends/i,
  'cut.png': /cut|truncated|damaged|incomplete|ends/i,
  'empty.png': /empty|0 bytes|no bytes/i,
  'huge.png': /20,?000/,
  'letter.jpg': /not a|no picture|neither/i,
  'moving.gif': /GIF/,
};
for (const [name, make] of Object.entries(kBroken)) {
  test(`a picture that is none: ${name}`, async (t) => {
    const scene = await open_scene(t);
    const page = await visit(scene);
    const before = await page.answers();
    await open_file(page, name, make());
    await page.id('notice.image').waitFor({ state: 'attached', timeout: 20_000 });
    const sentence = await page.id('notice.image').getAttribute('aria-label');
    assert.match(sentence, kSentences[name]);
    assert.deepEqual(await page.answers(), before, 'the picture before stays');
    await page.screenshot(`bad-${name}`);
    // The same in Chinese, then on.
    await page.press('language');
    await page.page.waitForFunction(() => /[\u4e00-\u9fff]/.test(document.querySelector('[data-id="notice.image"]')?.getAttribute('aria-label') ?? ''));
    await page.press('language');
    await goes_on(page);
    page.assert_clean();
  });
}

test('a network whose file fails its hash: a sentence, and trying again helps', async (t) => {
  const scene = await open_scene(t);
  const spoil = async (route) => {
    const answer = await route.fetch();
    const body = Buffer.from(await answer.body());
    body[1000] ^= 1;
    await route.fulfill({ response: answer, body });
  };
  const spoilt = await visit(scene, { wait: false, serviceWorkers: 'block', prepare: (page) => page.route(/\.net$/, spoil) });
  const notice = spoilt.id('notice.model:squeezenet-1.0');
  await notice.waitFor({ state: 'attached', timeout: 30_000 });
  assert.match(await notice.getAttribute('aria-label'), /not the one this page was built for.*try again/);
  await spoilt.screenshot('bad-hash');
  await spoilt.page.unroute(/\.net$/);
  await spoilt.press('notice.model:squeezenet-1.0.again');
  await spoilt.answered();
  spoilt.assert_clean();
});

test('a refused webcam', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await page.press('picture');
  await page.press('picture.camera');
  await page.id('notice.webcam').waitFor({ state: 'attached' });
  assert.match(await page.id('notice.webcam').getAttribute('aria-label'), /Allow the camera.*open a picture file/);
  await page.screenshot('bad-webcam');
  await goes_on(page);
  page.assert_clean();
});

test('a lost graphics context comes back', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await page.page.waitForTimeout(1500);
  const before = await page.page.locator('#canvas').screenshot();
  await page.page.evaluate(() => {
    window.lost = document.getElementById('canvas').getContext('webgl2').getExtension('WEBGL_lose_context');
    window.lost.loseContext();
  });
  await page.page.getByText(/graphics card took its memory back.*reload/).waitFor();
  await page.screenshot('bad-context-lost');
  await page.page.evaluate(() => window.lost.restoreContext());
  await page.page.locator('#banner').waitFor({ state: 'hidden' });
  await page.id('notice.graphics').waitFor({ state: 'attached' });
  await page.press('notice.graphics.dismiss');
  await page.page.mouse.move(5, 5);
  await page.page.waitForTimeout(1000);
  const restored = await page.page.locator('#canvas').screenshot();
  await page.screenshot('bad-context-restored');
  assert.ok(restored.length > 0.8 * before.length, `the picture is back: ${restored.length} of ${before.length} bytes as PNG`);
  await goes_on(page);
  page.assert_clean();
});

test('an engine that dies is started again and told its state', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#image=coffee', query: '?threads=1' });
  await page.first_answer((answer) => /espresso/i.test(answer.name));
  const engine = page.page.workers().find((worker) => worker.url().includes('engine_worker'));
  await engine.evaluate(() => setTimeout(() => { throw new Error('killed by the test'); }));
  await page.id('notice.engine').waitFor({ state: 'attached', timeout: 20_000 });
  assert.match(await page.id('notice.engine').getAttribute('aria-label'), /started again.*your model and picture are back/);
  await page.press('sample.chelsea');
  await page.first_answer((answer) => /cat|tabby/i.test(answer.name));
  page.errors = page.errors.filter((line) => !line.includes("ConvScope's engine stopped"));
  page.assert_clean();
});

test('no relaxed SIMD: the plain SIMD build, and the page says so', async (t) => {
  const scene = await open_scene(t);
  const context = await scene.browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addInitScript(() => {
    // As a browser without it: modules that use its instructions do not validate.
    const validate = WebAssembly.validate;
    WebAssembly.validate = (bytes) => !(bytes.length === 36 && bytes[33] === 128) && validate(bytes);
  });
  const page = await context.newPage();
  await page.goto(scene.host.url);
  await page.locator('#mirror [data-id^="class."]').first().waitFor({ state: 'attached', timeout: 60_000 });
  const said = await page.locator('#mirror [data-id="status.build"]').evaluate((node) => node.textContent + node.getAttribute('aria-description') + node.title);
  assert.doesNotMatch(said, /^relaxed/);
  const resources = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name));
  assert.ok(resources.some((name) => name.endsWith('engine-simd-threads.wasm')));
  await context.close();
});

test('no WebGL 2: a sentence, and the network answers in words', async (t) => {
  const scene = await open_scene(t);
  const context = await scene.browser.newContext();
  await context.addInitScript(() => {
    const get = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
      return kind === 'webgl2' ? null : get.call(this, kind, ...rest);
    };
  });
  const page = await context.newPage();
  await page.goto(scene.host.url);
  await page.getByText(/has no WebGL 2.*hardware acceleration/).waitFor();
  await page.getByText(/cat: \d+\.\d %/).first().waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('#plain-list li').count(), 5);
  await page.locator('#plain-file').setInputFiles({ name: 'letter.jpg', mimeType: 'image/jpeg', buffer: kBroken['letter.jpg']() });
  await page.locator('#plain-answer').getByText(/letter\.jpg|picture|image/).waitFor();
  await page.screenshot({ path: 'build/e2e-artifacts/bad-no-webgl.png' }).catch(() => {});
  await context.close();
});

test('no WebAssembly SIMD: a sentence that names browsers', async (t) => {
  const scene = await open_scene(t);
  const context = await scene.browser.newContext({ locale: 'zh-CN' });
  await context.addInitScript(() => {
    WebAssembly.validate = () => false;
  });
  const page = await context.newPage();
  await page.goto(scene.host.url);
  await page.getByText(/此浏览器过旧.*Firefox/).waitFor();
  await context.close();
});
