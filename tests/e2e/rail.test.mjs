// Point 5: every layer in order with thumbnails, shape, parameters and operations.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

const kSqueezenet = [
  'input', 'conv1', 'pool1', 'fire2', 'fire3', 'fire4', 'pool4', 'fire5', 'fire6', 'fire7', 'fire8', 'pool8', 'fire9', 'conv10', 'logits', 'softmax',
];

const kUnits = { '': 1, k: 1e3, M: 1e6, G: 1e9 };
function flops_of(words) {
  const [, number, unit] = /· ([\d.,]+) ([kMG]?)FLOPs$/.exec(words) ?? [];
  return Number(number?.replaceAll(',', '')) * kUnits[unit];
}

async function layers(page) {
  return page.page.locator('#mirror [data-id^="layer."]').evaluateAll((nodes) =>
    nodes.map((node) => ({ name: node.dataset.id.slice('layer.'.length), facts: node.getAttribute('aria-description') ?? '', selected: node.getAttribute('aria-pressed') })));
}

test('the layers of SqueezeNet, from the picture to the answer', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  const shown = await layers(page);
  const names = shown.map(({ name }) => name).filter((name) => !name.includes('/'));
  assert.deepEqual(names, kSqueezenet.filter((name) => name !== 'input' || names.includes('input')));
  const facts = Object.fromEntries(shown.map((layer) => [layer.name, layer.facts]));
  assert.match(facts.conv1, /111×111×96, 14,208 parameters/); // 7·7·3·96 weights and 96 biases
  assert.match(facts.pool1, /55×55×96, no parameters/);
  assert.match(facts.fire2, /55×55×128/);
  assert.match(facts.fire9, /13×13×512/);
  assert.match(facts.conv10, /15×15×1000/); // one cell of padding around 13×13

  // A product and a sum for each weight at each place, and the bias.
  const close = (words, expected) => {
    const flops = flops_of(words);
    assert.ok(Math.abs(flops / expected - 1) < 0.02, `${words}; about ${expected} operations`);
  };
  close(facts.conv1, 111 * 111 * 96 * (2 * 7 * 7 * 3));
  close(facts.fire2, 55 * 55 * 2 * (96 * 16 + 16 * 64 + 9 * 16 * 64));
  close(facts.conv10, 15 * 15 * 1000 * 2 * 512);
  for (const [name, words] of Object.entries(facts)) assert.ok(flops_of(words) > 0, `${name}: ${words}`);

  // A click shows the layer, and goes into the permalink.
  await page.press('layer.fire5');
  await page.permalink('layer', 'fire5');
  assert.equal(await page.id('layer.fire5').getAttribute('aria-pressed'), 'true');
  await page.says(/^49,440 parameters · 71\.9 MFLOPs$/); // said in the open row too
  await page.screenshot('rail-fire5');
  page.assert_clean();
});

test('the rail by keyboard: arrows walk from layer to layer', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=activations&layer=fire5' });
  await page.page.mouse.click(700, 880); // the keyboard goes to the page
  await page.page.keyboard.press('ArrowDown');
  await page.page.waitForFunction(() => !location.hash.includes('layer=fire5'));
  page.assert_clean();
});

test('the thumbnails are pictures of this photo', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await page.page.waitForTimeout(2500);
  const cat = await page.id('layer.fire2').screenshot();
  await page.press('sample.coffee');
  await page.first_answer((answer) => /espresso/i.test(answer.name));
  await page.page.waitForTimeout(2500);
  const coffee = await page.id('layer.fire2').screenshot();
  assert.ok(!coffee.equals(cat), 'other thumbnails');
  page.assert_clean();
});
