// What each layer adds to an answer, and the answer without some of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

// The class's probability before and after, as the sentence says it.
async function chances(page, words) {
  const said = await page.says(words, 10_000);
  return /from ([\d.]+)% to ([\d.]+)%/.exec(said).slice(1).map(Number);
}

test('channels are switched off by a click and the answer changes', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=contribution' });
  await page.id('contribution.map').waitFor({ state: 'attached', timeout: 60_000 });
  await page.page.waitForTimeout(600);
  await page.screenshot('contribution');
  // Everything passes through fire9, so what it adds is the score but for the last biases.
  const [, part, score] = /fire9: ([\d.]+) of the score, which is ([\d.]+)/.exec(await page.label('contribution.layer.fire9'));
  assert.ok(Math.abs(part - score) < 0.1 * score, `${part} of ${score}`);
  const strongest = await page.page.locator('#mirror [data-id^="contribution.channel."]').first().getAttribute('data-id');
  await page.press(strongest);
  const [before, one] = await chances(page, /^Without channel \d+ of fire9 .*cat goes from/);
  assert.ok(one < before, `${before} → ${one}`);
  await page.permalink('off', 'fire9');
  await page.press('contribution.whole');
  const [, none] = await chances(page, /^Without fire9 .*cat goes from/);
  assert.ok(none < 1, `without the layer the class has ${none} %`);
  await page.screenshot('contribution-off');
  await page.page.keyboard.press('Escape');
  await page.says(/^Click a channel to switch it off/, 10_000);
  page.assert_clean();
});

test('while a long method counts, a click on a channel is answered', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=contribution&method=conductance&conductance.steps=300' });
  await page.id('contribution.progress').waitFor({ state: 'attached', timeout: 60_000 });
  const strongest = await page.page.locator('#mirror [data-id^="contribution.channel."]').first().getAttribute('data-id');
  await page.press(strongest);
  await page.says(/^Without channel \d+ of fire9 .*cat goes from/, 10_000);
  assert.equal(await page.id('contribution.progress').count(), 1, 'the long one still runs');
  page.assert_clean();
});
