// Point 7: all channels of a layer, two scales, colours, one channel over the picture with exact values; silent ones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

test('all channels of a layer, and one of them with the value under the pointer', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=activations&layer=fire4' });
  await page.id('channel.0').waitFor({ state: 'attached' });
  await page.page.waitForTimeout(1500);
  await page.screenshot('activations-fire4');
  await page.press('channel.3');
  await page.permalink('channel', '3');
  const map = page.id('activations.map');
  await map.waitFor();
  await map.hover();
  await page.says(/receptive field|sees|px/i);
  await page.page.waitForTimeout(800);
  await page.screenshot('activations-fire4-channel');
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
  assert.notDeepEqual(await grid(), per_channel);
  await page.press('activations.colours.1');
  assert.equal(await page.id('activations.colours.1').getAttribute('aria-checked'), 'true');
  await page.press('activations.pre');
  await page.permalink('pre', '1').catch(() => {});
  assert.equal(await page.id('activations.pre').getAttribute('aria-checked'), 'true');
  await page.page.waitForTimeout(1000);
  await page.screenshot('activations-before-relu');
  page.assert_clean();
});

test('channels that are zero everywhere are named', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=activations&layer=fire9' });
  await page.says(/silent on this picture/);
  await page.screenshot('activations-silent');
  page.assert_clean();
});
