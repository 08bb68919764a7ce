// Point 6: first-layer filters as colour pictures, two orders, deeper layers as slices, and a filter's response.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

async function order_of(page) {
  return page.page.locator('#mirror [data-id^="filter."]').evaluateAll((nodes) => nodes.map((node) => Number(node.dataset.id.slice('filter.'.length))));
}

test('96 filters of conv1, as stored and by similarity', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=filters' });
  await page.id('filter.0').waitFor({ state: 'attached' });
  const stored = await order_of(page);
  assert.deepEqual(stored.slice(0, 40), [...stored.keys()].slice(0, 40));
  await page.screenshot('filters-conv1');
  await page.press('filters.order.1');
  await page.page.waitForFunction(() => document.querySelector('#mirror [data-id^="filter."]').dataset.id !== 'filter.0' || document.querySelectorAll('#mirror [data-id^="filter."]')[1].dataset.id !== 'filter.1');
  assert.notDeepEqual(await order_of(page), stored);
  await page.screenshot('filters-conv1-similar');
  page.assert_clean();
});

test('a click on a filter shows its answer to the picture', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=filters' });
  await page.press('filter.5');
  await page.permalink('channel', '5');
  await page.id('filters.large').waitFor({ state: 'attached' });
  await page.page.waitForTimeout(1500);
  await page.screenshot('filters-response');
  await page.page.keyboard.press('Escape');
  await page.id('filters.large').waitFor({ state: 'detached' });
  page.assert_clean();
});

test('a deeper layer: slices per input channel', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=filters&layer=fire3&channel=3' });
  await page.page.locator('#mirror [data-id^="slice."]').first().waitFor({ state: 'attached' });
  await page.page.waitForTimeout(1500);
  await page.screenshot('filters-fire3');
  page.assert_clean();
});

test('EfficientNet-Lite0: 32 filters of 3×3', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#model=efficientnet-lite0&lens=filters&layer=stem' });
  await page.id('filter.31').waitFor({ state: 'attached', timeout: 30_000 });
  await page.page.waitForTimeout(1000);
  await page.screenshot('filters-efficientnet');
  page.assert_clean();
});
