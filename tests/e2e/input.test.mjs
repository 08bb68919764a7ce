// Point 4: pictures from the file picker, drag and drop, the clipboard and the webcam; JPEG orientation.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sample_file } from './support/files.mjs';
import { give_file, open_scene, visit } from './support/page.mjs';

const is_coffee = (answer) => /espresso/i.test(answer.name);

test('file picker', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await page.press('picture');
  const [chooser] = await Promise.all([page.page.waitForEvent('filechooser'), page.press('picture.open')]);
  await chooser.setFiles(sample_file('coffee'));
  await page.first_answer(is_coffee);
  await page.id('image.own').waitFor();
  page.assert_clean();
});

test('drag and drop', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await give_file(page, 'drop', readFileSync(sample_file('coffee')), 'coffee.jpg', 'image/jpeg');
  await page.first_answer(is_coffee);
  page.assert_clean();
});

test('paste', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await give_file(page, 'paste', readFileSync(sample_file('coffee')), 'image.jpg', 'image/jpeg');
  await page.first_answer(is_coffee);
  page.assert_clean();
});

test('webcam', async (t) => {
  const scene = await open_scene(t, { flags: ['--use-fake-ui-for-media-stream'] });
  const page = await visit(scene, { permissions: ['camera'] });
  const before = (await page.answers())[0];
  await page.press('picture');
  await page.press('picture.camera');
  await page.first_answer((answer) => answer.logit !== before.logit);
  await page.screenshot('input-webcam');
  await page.press('camera.shot');
  await page.id('camera').waitFor({ state: 'detached' });
  // The photo stays: nothing moves any more, and the cat does not come back.
  await page.page.waitForTimeout(1500);
  const [kept] = await page.answers();
  await page.page.waitForTimeout(1500);
  assert.deepEqual((await page.answers())[0], kept);
  assert.notEqual(kept.logit, before.logit);
  await page.id('image.own').waitFor();
  page.assert_clean();
});

test('stopping the webcam brings the picture before it back, a sample or a file', async (t) => {
  const scene = await open_scene(t, { flags: ['--use-fake-ui-for-media-stream'] });
  const page = await visit(scene, { permissions: ['camera'] });
  const look_away = async () => {
    const [before] = await page.answers();
    await page.press('picture');
    await page.press('picture.camera');
    await page.first_answer((answer) => answer.logit !== before.logit);
    await page.press('camera.stop');
    await page.id('camera').waitFor({ state: 'detached' });
    await page.first_answer((answer) => answer.logit === before.logit && answer.index === before.index);
    await page.page.waitForTimeout(1000);
    assert.equal((await page.answers())[0].logit, before.logit, 'no frame comes after it');
  };
  await look_away();
  await page.permalink('image', 'chelsea');
  await give_file(page, 'drop', readFileSync(sample_file('coffee')), 'coffee.jpg', 'image/jpeg');
  await page.first_answer(is_coffee);
  await look_away();
  await page.id('image.own').waitFor();
  page.assert_clean();
});

test('a photo that lies on its side is set upright', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await page.press('sample.coffee');
  const upright = await page.first_answer(is_coffee);
  await page.press('picture');
  const [chooser] = await Promise.all([page.page.waitForEvent('filechooser'), page.press('picture.open')]);
  await chooser.setFiles({ name: 'turned.jpg', mimeType: 'image/jpeg', buffer: await scene_turned(scene, sample_file('coffee')) });
  await page.id('image.own').waitFor();
  const turned = await page.first_answer(is_coffee);
  assert.ok(Math.abs(turned.probability - upright.probability) < 10, `${upright.probability} %; turned: ${turned.probability} %`);
  page.assert_clean();
});

// The picture turned by the browser, with an EXIF orientation that says to turn it back.
async function scene_turned({ browser }, path) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const base64 = await page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/jpeg;base64,${data}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.height, height: image.width });
    const pen = canvas.getContext('2d');
    pen.rotate(-Math.PI / 2);
    pen.drawImage(image, -image.width, 0);
    return canvas.toDataURL('image/jpeg', 0.95).split(',')[1];
  }, readFileSync(path).toString('base64'));
  await context.close();
  const jpeg = Buffer.from(base64, 'base64');
  // APP1 "Exif", big endian TIFF with one entry: orientation (0x0112) = 6, turn clockwise.
  const exif = Buffer.from('457869660000' + '4d4d002a00000008' + '0001' + '0112000300000001' + '00060000' + '00000000', 'hex');
  const head = Buffer.from([0xff, 0xe1, (exif.length + 2) >> 8, (exif.length + 2) & 255]);
  return Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]);
}
