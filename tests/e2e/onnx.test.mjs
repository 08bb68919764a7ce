// A network of a person's own: an ONNX file by drop, menu or address, in every lens.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { plain_png } from './support/files.mjs';
import { kRoot, start_host } from './support/host.mjs';
import { colours_onnx } from './support/onnx.mjs';
import { give_file, kLenses, open_scene, visit } from './support/page.mjs';

const kRed = plain_png(40, [255, 0, 0]);

const drop_model = (page, file, name = 'colours.onnx') => give_file(page, 'drop', file, name, '');
const drop_red = (page) => give_file(page, 'drop', kRed, 'red.png', 'image/png');
const near = (value, wanted) => Math.abs(value - wanted) < 0.02 * Math.abs(wanted);
const closed = (page, key) => page.id(key).waitFor({ state: 'detached' });

async function use_unit_range(page) {
  await page.id('input.sheet').waitFor({ state: 'attached', timeout: 30_000 });
  await page.press('input.values');
  await page.press('input.values.1');
  await page.press('input.use');
  await closed(page, 'input.sheet');
}

test('dropped, told how a picture becomes its input, and looked into with every lens', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await drop_model(page, colours_onnx());
  await page.id('input.sheet').waitFor({ state: 'attached' });
  await page.page.waitForTimeout(500);
  await page.screenshot('onnx-input');
  await page.says(/^How does a picture become the input of colours\.onnx\?$/);
  await page.says(/This is a guess/);
  await page.press('input.cancel');
  await page.permalink('model', 'colours.onnx');

  // The guess is ImageNet's statistics: (1 − 0.485) / 0.229 × 10.
  await drop_red(page);
  await page.first_answer((answer) => answer.index === 0 && near(answer.logit, 22.49));
  await page.lens('overview');
  await page.press('input.change');
  await use_unit_range(page);
  const answer = await page.first_answer((first) => first.index === 0 && near(first.logit, 10));
  assert.match(answer.name, /class 0/i);

  // Names for the classes.
  const names = join(mkdtempSync(join(tmpdir(), 'convscope-')), 'names.txt');
  writeFileSync(names, 'red\ngreen\nblue\n');
  await page.press('input.change');
  const [chooser] = await Promise.all([page.page.waitForEvent('filechooser'), page.press('input.names')]);
  await chooser.setFiles(names);
  await page.says(/^All 3 classes have names\.$/);
  await page.press('input.cancel');
  await page.first_answer((first) => first.name === 'red');

  // Every lens.
  for (const name of ['conv1', 'conv2']) await page.id(`layer.${name}`).waitFor({ state: 'attached' });
  await page.lens('filters');
  await page.says(/one of the 6 filters of conv1: 3×3 weights/);
  await page.lens('activations');
  await page.press('layer.conv1');
  await page.id('channel.5').waitFor({ state: 'attached' });
  await page.says(/^What computes conv1$/);
  await page.lens('gradient');
  await page.id('saliency.map.trained').waitFor({ state: 'attached' });
  await page.lens('dream');
  await page.id('dream.picture').waitFor({ state: 'attached' });
  await page.press('dream.start').catch(() => {}); // it may dream by itself
  await page.id('dream.progress').waitFor({ state: 'attached' });
  await page.page.waitForTimeout(500);
  await page.screenshot('onnx-dream');

  // Back and forth through the menu, each with its own names.
  await page.press('model');
  await page.press('model.squeezenet-1.0');
  await page.first_answer((first) => !['red', 'green', 'blue'].includes(first.name) && !/class/i.test(first.name));
  await page.press('model');
  await page.page.waitForTimeout(300);
  await page.screenshot('onnx-menu');
  await page.press('model.colours.onnx');
  await page.first_answer((first) => first.name === 'red' && near(first.logit, 10));

  // A later visit knows the file again and asks nothing.
  await page.page.reload();
  await page.answered();
  await page.says(/This view was made with the network colours\.onnx/);
  await drop_model(page, colours_onnx());
  await drop_red(page);
  await page.first_answer((first) => first.name === 'red' && near(first.logit, 10));
  assert.equal(await page.id('input.sheet').count(), 0);
  page.assert_clean();
});

// What each lens shows when it has done its work: an element, or words.
const kShown = {
  overview: 'about', filters: 'filter.5', activations: 'channel.2', gradient: 'saliency.map.trained', gradients: 'explain.map',
  cam: 'explain.map', occlusion: 'explain.map', segmentation: 'explain.save', contribution: 'contribution.layer.conv1',
  faithfulness: /^Deletion, area [\d.]+: low is good$/, adversarial: 'adversarial.map.after', dream: 'dream.picture',
};
test('every lens works on it, without a single failure', async (t) => {
  assert.deepEqual(Object.keys(kShown), Object.keys(kLenses), 'a new lens belongs here');
  const scene = await open_scene(t);
  const page = await visit(scene, { query: '?lang=en' });
  await drop_model(page, colours_onnx());
  await use_unit_range(page);
  await page.permalink('model', 'colours.onnx');
  for (const [lens, shown] of Object.entries(kShown)) {
    await page.lens(lens);
    await page.permalink('lens', lens);
    if (shown instanceof RegExp) await page.says(shown, 60_000);
    else await page.id(shown).waitFor({ state: 'attached', timeout: 60_000 });
    const alerts = await page.page.locator('#mirror [role="alert"]').allTextContents();
    assert.deepEqual(alerts, [], lens);
  }
  page.assert_clean();
});

test('saved as ONNX, and the same network again where it is opened', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await drop_model(page, colours_onnx());
  await use_unit_range(page);
  await drop_red(page);
  await page.first_answer((first) => near(first.logit, 10));
  const names = join(mkdtempSync(join(tmpdir(), 'convscope-')), 'names.txt');
  writeFileSync(names, 'red\ngreen\nblue\n');
  await page.lens('overview');
  await page.press('input.change');
  const [chooser] = await Promise.all([page.page.waitForEvent('filechooser'), page.press('input.names')]);
  await chooser.setFiles(names);
  await page.press('input.cancel');
  await page.first_answer((first) => first.name === 'red');
  await page.press('model');
  const [download] = await Promise.all([page.page.waitForEvent('download'), page.press('model.save')]);
  assert.equal(download.suggestedFilename(), 'colours.onnx');
  const file = readFileSync(await download.path());
  assert.ok(file.includes('ConvScope.preprocessing'), 'it says how a picture becomes its input');

  // Under another name nothing is remembered of it, and the file itself says what the sheet asks.
  await drop_model(page, file, 'saved.onnx');
  await page.permalink('model', 'saved.onnx');
  await page.first_answer((first) => near(first.logit, 10) && first.name === 'red');
  assert.equal(await page.id('input.sheet').count(), 0);
  page.assert_clean();
});

test('another size of input, where the network takes one', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await drop_model(page, colours_onnx());
  await page.id('input.sheet').waitFor({ state: 'attached' });
  await page.id('input.side').focus();
  for (let i = 0; i < 3; ++i) await page.page.keyboard.press('ArrowRight');
  await page.page.waitForTimeout(300);
  const side = Number(await page.id('input.side').getAttribute('aria-valuenow'));
  assert.ok(side > 32 && side <= 512, `${side}`);
  await page.press('input.use');
  await page.lens('overview');
  await page.says(new RegExp(`^The picture’s shorter side is resized to \\d+, its middle ${side} × ${side} px taken`));
  page.assert_clean();
});

test('another size of input, where the network cannot take one: it says which node wants which', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { query: '?lang=en' });
  await drop_model(page, colours_onnx({ fixed_head: true }), 'fixed.onnx');
  await use_unit_range(page);
  await drop_red(page);
  await page.first_answer((first) => first.index === 0 && near(first.logit, 10));
  await page.lens('overview');
  await page.press('input.change');
  await page.id('input.side').focus();
  await page.page.keyboard.press('ArrowRight');
  await page.until(() => document.querySelector('#mirror [data-id="input.side"]')?.getAttribute('aria-valuenow') !== '32', null, 'the side did not change');
  const side = await page.id('input.side').getAttribute('aria-valuenow');
  await page.press('input.use');
  await page.says(new RegExp(`cannot take pictures of ${side} × ${side}, only of 32 × 32: at node head: Gemm.* got 1×${3 * side * side}, 3×3072`));
  // The network is still there, at its own size.
  await page.first_answer((first) => first.index === 0 && near(first.logit, 10));
  page.assert_clean();
});

test('every node that cannot run is listed, by operator and reason', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { query: '?lang=en' });
  await drop_model(page, colours_onnx({ activation: 'Acos', activations: 30 }), 'odd.onnx');
  await page.says(/^ConvScope cannot run 30 of the network's 34 nodes: act1 \(Acos\): .*; and 26 more\./);
  await page.says(/^Acos × 30: ConvScope has no such operator$/);
  const listed = await page.page.locator('#mirror [data-id^="notice.own-model.nodes"][role="listitem"]').evaluateAll((nodes) => nodes.map((node) => node.getAttribute('aria-label') ?? node.textContent));
  assert.deepEqual(listed.map((name) => name.trim()), Array.from({ length: 30 }, (_, i) => `act${i + 1}`));
  await page.page.waitForTimeout(300);
  await page.screenshot('onnx-unsupported-list');
  await page.press('language');
  await page.says(/^Acos × 30：ConvScope 没有这种算子$/);
  await page.press('notice.own-model.dismiss');
  await closed(page, 'notice.own-model');
  page.assert_clean();
});

test('what cannot run is listed, and the network before stays', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { query: '?lang=en' });
  const before = await page.answers();
  await drop_model(page, colours_onnx({ activation: 'Acos' }), 'odd.onnx');
  await page.says(/act1 \(Acos\)/);
  await page.page.waitForTimeout(300);
  await page.screenshot('onnx-unsupported');
  assert.deepEqual(await page.answers(), before);
  await drop_model(page, colours_onnx().subarray(0, 500), 'cut.onnx');
  await page.says(/the ONNX file is damaged/i);
  await drop_model(page, Buffer.from('this is no network'), 'letter.onnx');
  await page.says(/ONNX/);
  assert.deepEqual(await page.answers(), before);
  await page.press('language');
  await page.says(/[\u4e00-\u9fff].*ONNX/);
});

test('by address: beside the page, on a server that lets it, and on one that does not', async (t) => {
  const scene = await open_scene(t, { pages: { '/nets/colours.onnx': colours_onnx() } });
  const open = { '/colours.onnx': colours_onnx() };
  const friendly = await start_host({ cors: true, pages: open });
  const closed_one = await start_host({ pages: open });
  t.after(() => Promise.all([friendly.close(), closed_one.close()]));

  for (const address of ['nets/colours.onnx', `${friendly.url}colours.onnx`]) {
    const page = await visit(scene, { query: `?model=${encodeURIComponent(address)}`, hash: '#model=colours.onnx&lens=activations&layer=conv2', wait: false });
    await page.id('input.sheet').waitFor({ state: 'attached', timeout: 60_000 });
    await page.press('input.cancel');
    await page.says(/^What does conv2 see in this picture\?$/);
    assert.equal(await page.id('notice.own-model').count(), 0);
    await page.context.close();
  }
  const page = await visit(scene, { query: `?model=${encodeURIComponent(`${closed_one.url}colours.onnx`)}` });
  await page.says(/could not be read: it is not there, or its server does not let other pages read it \(CORS\)/);
  await page.first_answer((first) => /cat/i.test(first.name));
});

const kLight = join(kRoot, 'build/deps/onnx-tests/light/light_resnet50.onnx');
test('ResNet-50 of ONNX’s own tests', { skip: existsSync(kLight) ? false : 'run ./dev setup test' }, async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await drop_model(page, readFileSync(kLight), 'light_resnet50.onnx');
  await page.id('input.sheet').waitFor({ state: 'attached', timeout: 60_000 });
  await page.press('input.use');
  await page.says(/^light_resnet50\.onnx$/);
  await page.lens('overview');
  await page.says(/^Parameters: 25,5\d{2},\d{3}$/);
  const layers = await page.page.locator('#mirror [data-id^="layer."]').count();
  assert.ok(layers >= 40, `${layers} layers`);
  await page.screenshot('onnx-resnet50');
  page.assert_clean();
});
