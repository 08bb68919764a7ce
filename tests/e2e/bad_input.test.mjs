// What can go wrong, one test each: a sentence that says what happened and what to do, and a page that goes on.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { kBroken, sample_file } from './support/files.mjs';
import { keep_screenshot, open_scene, visit } from './support/page.mjs';

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

// What happened, and what to do next.
const kSentences = {
  'cut.jpg': /^The JPEG picture is cut short: the file ends after 9000 bytes, before the picture does; download or copy it again\.$/,
  'cut.png': /^The PNG picture is cut short: the file ends after 3000 bytes, before the picture does; download or copy it again\.$/,
  'empty.png': /^The file is empty \(0 bytes\); save it again or choose another picture\.$/,
  'huge.png': /^The picture has 20000 × 20000 pixels, and ConvScope reads at most 50 megapixels and 16384 pixels a side; make it smaller and open it again\.$/,
  'letter.jpg': /^This is a text file, not a picture, whatever its name says; choose a JPEG or PNG picture\.$/,
  'moving.gif': /^This is an animated GIF, and ConvScope reads single pictures; save the frame you want as PNG and open that\.$/,
  'moving.webp': /^This is an animated WebP, and ConvScope reads single pictures; save the frame you want as PNG and open that\.$/,
  'huge.webp': /^The picture has 20000 × 20000 pixels, .*make it smaller and open it again\.$/,
  'damaged.webp': /^The WebP file is damaged, or this browser cannot decode it; save the picture as JPEG or PNG and open that\.$/,
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
    // The button beside the sentence opens a picture.
    const [chooser] = await Promise.all([page.page.waitForEvent('filechooser'), page.press('notice.image.again')]);
    await chooser.setFiles({ name: 'horse.png', mimeType: 'image/png', buffer: readFileSync(sample_file('horse')) });
    await page.id('notice.image').waitFor({ state: 'detached' });
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
  assert.match(await notice.getAttribute('aria-label'), /^The file of SqueezeNet 1\.0 is not the one this page was built for.*Nothing of it was used; try again, or reload the page\.$/);
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
  assert.match(await page.id('notice.webcam').getAttribute('aria-label'), /^The browser did not give the page the camera\. Allow it in the address bar and press “Try again”, or open a picture file\.$/);
  await page.screenshot('bad-webcam');
  // The button that the sentence names asks again.
  assert.equal(await page.label('notice.webcam.again'), 'Try again');
  await page.press('notice.webcam.again');
  await page.id('notice.webcam').waitFor({ state: 'attached' });
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
  await page.page.getByText(/graphics card took its memory back\. The picture returns by itself; if it does not, reload the page\./).waitFor();
  await page.screenshot('bad-context-lost');
  await page.page.evaluate(() => window.lost.restoreContext());
  await page.page.locator('#banner').waitFor({ state: 'hidden' });
  await page.id('notice.graphics').waitFor({ state: 'attached' });
  assert.match(await page.label('notice.graphics'), /everything has been drawn again/);
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

// As a browser without some instructions: tiny modules that use them do not validate. They are told by their bytes.
const kWithout = {
  'relaxed SIMD': { bytes: [253, 128, 2], build: 'simd-threads', says: /This browser has no relaxed SIMD: everything works, about a quarter slower\. A newer browser is faster\./ },
  'WebAssembly threads': { bytes: [254, 16, 2], build: 'relaxed', says: /One thread: this browser has no WebAssembly threads\. Everything works, slower; a newer browser is faster\./ },
};
for (const [what, { bytes, build, says }] of Object.entries(kWithout)) {
  for (const [screen, viewport] of Object.entries({ projector: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } })) {
    test(`no ${what}, ${screen}: the page says what that means, and goes on`, async (t) => {
      const scene = await open_scene(t);
      const page = await visit(scene, {
        viewport,
        prepare: (inner) => inner.addInitScript((wanted) => {
          const validate = WebAssembly.validate;
          WebAssembly.validate = (module) => !(module.length < 64 && module.some((_, at) => wanted.every((byte, i) => module[at + i] === byte))) && validate(module);
        }, bytes),
      });
      await page.says(says);
      const resources = await page.page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name));
      assert.ok(resources.some((name) => name.endsWith(`engine-${build}.wasm`)), `engine-${build}.wasm was fetched`);
      await goes_on(page);
      page.assert_clean();
    });
  }
}

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
  await page.getByText(/has no WebGL 2, so the pictures cannot be drawn; the network still answers below\. Switch hardware acceleration on in its settings, or use another browser\./).waitFor();
  await page.getByText(/cat: \d+\.\d %/).first().waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('#plain-list li').count(), 5);
  await page.locator('#plain-file').setInputFiles({ name: 'letter.jpg', mimeType: 'image/jpeg', buffer: kBroken['letter.jpg']() });
  await page.locator('#plain-answer').getByText(/This is a text file, not a picture.*choose a JPEG or PNG picture/).waitFor();
  await keep_screenshot(page, 'bad-no-webgl');
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
