// Do the maps mean anything? Pixels taken away, weights replaced, methods side by side.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

const kQuick = '&faithfulness.steps=8';

test('pixels are taken away in the order of a map', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: `#lens=faithfulness${kQuick}` });
  await page.says(/^\d+ of 37$/, 60_000);
  const deletion = Number(/area ([\d.]+)/.exec(await page.says(/^Deletion, area [\d.]+: low is good$/, 120_000))[1]);
  const insertion = Number(/area ([\d.]+)/.exec(await page.says(/^Insertion, area [\d.]+: high is good$/))[1]);
  assert.ok(deletion < insertion, `Grad-CAM on a cat: ${deletion} < ${insertion}`);
  await page.says(/^ROAD -?[\d.]+: half the distance/);
  await page.page.waitForTimeout(800);
  await page.screenshot('faithfulness-curves');
  page.assert_clean();
});

test('layer by layer the weights become random', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=faithfulness&test=random&method=gradient' });
  await page.says(/^Rank correlation with the original: -?[\d.]+; of absolute values: -?[\d.]+\./, 60_000);
  await page.id('faith.likeness').waitFor({ state: 'attached', timeout: 60_000 });
  await page.id('faith.layers').focus();
  await page.page.keyboard.press('ArrowRight');
  await page.permalink('randomisation.layers', '2');
  await page.says(/^2 of \d+$/);
  await page.says(/from the output down to fire9/);
  await page.page.waitForTimeout(1500);
  await page.screenshot('faithfulness-random');
  page.assert_clean();
});

test('methods side by side, sorted, on a phone too', async (t) => {
  const scene = await open_scene(t);
  // Grad-CAM, Eigen-CAM, the gradient and random weights.
  const page = await visit(scene, { hash: `#lens=faithfulness&test=compare&compare=0,7,10,19${kQuick}` });
  await page.says(/^Press a picture to look into its curves\.$/, 180_000);
  const keys = () => page.page.locator('#mirror [data-id^="faith.tile."]').evaluateAll((nodes) => nodes.map((node) => node.dataset.id));
  const labels = await Promise.all((await keys()).map((key) => page.label(key)));
  const roads = labels.map((label) => Number(/ROAD (-?[\d.]+)/.exec(label)[1]));
  assert.deepEqual(roads, [...roads].sort((a, b) => b - a), 'the best first');
  // By how alike each map stays on a network that has learnt nothing: the least comes first.
  await page.press('faith.by');
  await page.press('faith.by.5');
  await page.permalink('by', '5');
  await page.says(/a network that has learnt nothing/);
  const random = await Promise.all((await keys()).map(async (key) => Math.abs(Number(/Random weights (-?[\d.]+)/.exec(await page.label(key))[1]))));
  assert.equal(random.length, 4);
  assert.deepEqual(random, [...random].sort((a, b) => a - b));
  await page.page.waitForTimeout(500);
  await page.screenshot('faithfulness-compare');
  await page.page.setViewportSize({ width: 390, height: 844 });
  await page.page.waitForTimeout(800);
  await page.screenshot('faithfulness-compare-phone');
  await page.press((await keys())[0]);
  await page.permalink('test', null);
  page.assert_clean();
});
