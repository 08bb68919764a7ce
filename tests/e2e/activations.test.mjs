// Point 7: all channels of a layer, two scales, colours, one channel over the picture with exact values; silent ones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

test('all channels of a layer, and one of them with the value under the pointer', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=activations&layer=fire4' });
  await page.id('channel.0').waitFor({ state: 'attached' });
  await page.id('channel.255').waitFor({ state: 'attached' });
  await page.screenshot('activations-fire4');
  for (const words of [/^What computes fire4$/, /^Convolution$/, /^A small window slides over the picture/, /^y\[p,q,o\] = /, /^Concatenation$|^Concat/]) await page.says(words);
  await page.press('channel.3');
  await page.permalink('channel', '3');
  const map = page.id('activations.map');
  await map.waitFor();
  const largest = Number(/largest value ([\d.]+)/.exec(await page.label('activations.map'))[1]);

  // Cell by cell: which one, what it sees of the picture, and its value.
  const seen = [];
  const { width, height } = await map.boundingBox();
  for (const part of [0.3, 0.61]) {
    await map.hover({ position: { x: part * width, y: part * height } });
    const cell = Math.floor(part * 55);
    await page.says(new RegExp(`^Under the pointer · row ${cell}, column ${cell}$`));
    const field = await page.says(/^This value sees the pixels \d+…\d+ × \d+…\d+ of the picture: its receptive field, \d+×\d+ pixels\.$/);
    const [, left, right, top, bottom, size] = /pixels (\d+)…(\d+) × (\d+)…(\d+) of.* (\d+)×/.exec(field).map(Number);
    assert.equal(right - left + 1, size, field);
    assert.equal(bottom - top + 1, size, field);
    // conv1 7×7/2, pool1 3×3/2, and one 3×3 in each of three fires: 7 + 2·2 + 3·(2·4) pixels, 4 apart.
    assert.equal(size, 35, field);
    assert.ok(Math.abs((left + right) / 2 - part * 227) < 8, `${field} around ${part * 227}`);
    const value = Number((await page.says(/^= [\d.]+(e[+-]\d+)?$/)).slice(2));
    assert.ok(value >= 0 && value <= largest * 1.01, `${value} of at most ${largest}`);
    await page.says(/^(Σ w · x \+ b|ReLU\( Σ w · x \+ b \))$/);
    seen.push(field);
  }
  assert.notEqual(seen[0], seen[1]);
  await page.page.waitForTimeout(800);
  await page.screenshot('activations-fire4-channel');
  page.assert_clean();
});

test('one channel over the picture, more or less of it', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=activations&layer=fire4&channel=3' });
  const map = page.id('activations.map');
  await map.waitFor();
  await page.page.mouse.move(5, 5);
  await page.page.waitForTimeout(800);
  const alone = await map.screenshot();
  assert.equal(await page.id('activations.overlay').count(), 0);
  await page.press('activations.over');
  await page.permalink('over', '1');
  const slider = page.id('activations.overlay');
  await slider.waitFor({ state: 'attached' });
  await page.page.mouse.move(5, 5);
  await page.page.waitForTimeout(800);
  const over = await map.screenshot();
  assert.ok(!over.equals(alone), 'laid over the picture');

  // By the keys that a screen reader sends to a slider.
  const strength = Number(await slider.getAttribute('aria-valuenow'));
  await slider.focus();
  await page.page.keyboard.press('End');
  await page.permalink('overlay', '1');
  assert.equal(Number(await slider.getAttribute('aria-valuenow')), 1);
  assert.ok(strength < 1, `${strength} to begin with`);
  await page.page.waitForTimeout(500);
  assert.ok(!(await map.screenshot()).equals(over), 'a stronger overlay');
  await slider.focus();
  await page.page.keyboard.press('Home');
  await page.permalink('overlay', '0');
  page.assert_clean();
});

test('scale per channel or per layer, colour map, before the activation function', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=activations&layer=conv1' });
  await page.id('channel.0').waitFor({ state: 'attached' });
  await page.page.waitForTimeout(1500);
  const grid = async () => page.page.locator('#canvas').screenshot();
  const per_channel = await grid();
  await page.press('activations.scale.1');
  await page.page.waitForTimeout(800);
  assert.ok(!(await grid()).equals(per_channel), 'one scale for all channels');
  await page.press('activations.colours.1');
  assert.equal(await page.id('activations.colours.1').getAttribute('aria-checked'), 'true');
  assert.equal(await page.id('activations.colours.0').getAttribute('aria-checked'), 'false');
  await page.permalink('colours', 'magma');
  await page.press('activations.pre');
  await page.permalink('pre', '1');
  await page.says(/Their values may be below zero here/);
  assert.equal(await page.id('activations.pre').getAttribute('aria-checked'), 'true');
  await page.page.waitForTimeout(1000);
  await page.screenshot('activations-before-relu');
  page.assert_clean();
});

test('channels that are zero everywhere are named', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=activations&layer=fire9' });
  // As many named as counted (at most twelve), and each of them is named so in the grid.
  const words = await page.says(/\d+ of the 512 channels are silent on this picture: /);
  const [, count, names] = /(\d+) of the 512 channels are silent on this picture: ([\d, ]+)/.exec(words);
  const named = names.split(',').map(Number);
  assert.equal(named.length, Math.min(12, Number(count)), words);
  // The grid has elements for the rows in sight: those, and no others, are silent.
  const tiles = await page.page.locator('#mirror [data-id^="channel."]').evaluateAll((nodes) =>
    nodes.map((node) => ({ channel: Number(node.dataset.id.slice('channel.'.length)), silent: /silent/.test(node.getAttribute('aria-label')) })));
  assert.ok(tiles.some(({ silent }) => silent), 'one of them is in sight');
  if (named.length === Number(count)) {
    assert.deepEqual(tiles.filter(({ silent }) => silent).map(({ channel }) => channel), named.filter((channel) => tiles.some((tile) => tile.channel === channel)));
  }
  await page.screenshot('activations-silent');
  page.assert_clean();
});
