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

// What the answer's colour bar says, once it is the answer of this filter.
async function answer_of(page, filter, shape) {
  await page.until(
    (wanted) => document.querySelector('#mirror [data-id="filters.answer"]')?.getAttribute('aria-label') === `The answer of filter ${wanted} on this picture`,
    filter, `no answer of filter ${filter}`);
  const bar = await page.colour_bar(shape);
  assert.ok(bar.low < bar.high && Number.isFinite(bar.low) && Number.isFinite(bar.high), JSON.stringify(bar));
  return bar;
}

test('a click on a filter shows its answer to the picture, and another filter answers otherwise', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=filters' });
  await page.press('filter.5');
  await page.permalink('channel', '5');
  await page.id('filters.large').waitFor({ state: 'attached' });
  assert.match(await page.label('filters.large'), /^filter 5, weights from -0\.478 to 0\.242$/);
  await page.page.mouse.move(5, 5);
  const fifth = await answer_of(page, 5, /111×111/);
  const drawn = await page.id('filters.answer').screenshot();
  await page.screenshot('filters-response');

  // One value of the answer: the sum of 147 products and the bias, with this picture's numbers.
  await page.id('filters.answer').hover();
  await page.says(/Under the pointer · answer in row \d+, column \d+/);
  const sum = await page.says(/^-?[\d.]+ [+−] [\d.]+$/);
  const [, products, sign, bias] = /^(-?[\d.]+) ([+−]) ([\d.]+)$/.exec(sum);
  const value = Number((await page.says(/^= -?[\d.]+$/)).slice(2));
  const expected = Number(products) + (sign === '+' ? 1 : -1) * Number(bias);
  assert.ok(Math.abs(value - expected) <= 0.01 * Math.abs(value) + 0.02, `${sum} = ${value}`);
  assert.ok(value >= fifth.low - 0.5 && value <= fifth.high + 0.5, `${value} in ${fifth.low} … ${fifth.high}`);

  await page.press('filter.7');
  await page.permalink('channel', '7');
  await page.page.mouse.move(5, 5);
  const seventh = await answer_of(page, 7, /111×111/);
  assert.notDeepEqual(seventh, fifth, 'another filter, another range');
  await page.page.waitForTimeout(500);
  assert.ok(!(await page.id('filters.answer').screenshot()).equals(drawn), 'another filter, another map');

  // Another picture, another answer of the same filter.
  await page.press('sample.coffee');
  await page.first_answer((answer) => /espresso/i.test(answer.name));
  await page.until(
    ([low, high]) => ![...document.querySelectorAll('#mirror [data-id]')].some((node) => (node.getAttribute('aria-label') ?? '').startsWith(`Colour bar from ${low} to ${high},`)),
    [seventh.low, seventh.high], 'the answer stays that of the first picture');

  await page.page.keyboard.press('Escape');
  await page.id('filters.large').waitFor({ state: 'detached' });
  page.assert_clean();
});

test('a deeper layer: slices per input channel, and what one slice answers alone', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=filters&layer=fire3&filter=expand3x3&channel=3' });
  const slices = page.page.locator('#mirror [data-id^="slice."]');
  await slices.first().waitFor({ state: 'attached' });
  const whole = await answer_of(page, 3, /55×55/);
  assert.equal(await slices.count(), 16, 'one slice for each channel of the squeeze');
  await page.screenshot('filters-fire3');
  await page.press('slice.2');
  await page.permalink('input', '2');
  await page.says(/The answer of the slice for channel 2 alone, without bias/);
  assert.notDeepEqual(await page.colour_bar(/55×55/), whole, 'a slice alone has another range');
  page.assert_clean();
});

test('EfficientNet-Lite0: 32 filters of 3×3', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#model=efficientnet-lite0&lens=filters&layer=stem' });
  await page.id('filter.31').waitFor({ state: 'attached', timeout: 30_000 });
  assert.equal((await order_of(page)).length, 32);
  await page.says(/one of the 32 filters of stem: 3×3 weights for red, green and blue/);
  await page.screenshot('filters-efficientnet');
  page.assert_clean();
});
