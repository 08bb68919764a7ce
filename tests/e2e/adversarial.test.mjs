// Counter-examples: a change that nobody sees makes another answer of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

test('a few steps of 255 change the answer', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=adversarial' });
  await page.says(/^No colour moved by more than 2\.0 of 255, and .*cat.* became /, 60_000);
  const percent = (text) => Number(/([\d.]+) ?%/.exec(text)[1]);
  assert.ok(percent(await page.label('adversarial.before')) > 10);
  assert.match(await page.label('adversarial.map.after'), /Rank correlation with the map of the picture: -?[\d.]+/);
  await page.page.waitForTimeout(800);
  await page.screenshot('adversarial');
  await page.page.setViewportSize({ width: 390, height: 844 });
  await page.page.waitForTimeout(800);
  await page.screenshot('adversarial-phone');
  page.assert_clean();
});

test('towards a class, and how every explanation changes', async (t) => {
  const kLynx = 287;
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: `#lens=adversarial&class=${kLynx}&adversarial.goal=1` });
  await page.says(/^Every colour is moved .* the way that makes lynx.* most probable/, 60_000);
  await page.says(/^No colour moved by more than 2\.0 of 255, and now it says lynx.* with >?\d/, 60_000);
  await page.permalink('class', String(kLynx));
  // The list fills in, and ends with those that changed least.
  const rows = () => page.page.locator('#mirror [data-id^="adversarial.each."][role="button"]').evaluateAll((nodes) =>
    nodes.map((node) => [node.dataset.id, node.getAttribute('aria-label')]).filter(([key]) => !/\.again$/.test(key)));
  await page.until(() => document.querySelectorAll('#mirror [data-id^="adversarial.each."][role="button"]').length >= 12, null, 'every quick method has its row', 120_000);
  await page.id('work.cancel').waitFor({ state: 'detached', timeout: 60_000 });
  const listed = await rows();
  const numbers = listed.map(([, label]) => Number(/: (-?[\d.]+)$/.exec(label)[1]));
  assert.ok(numbers.every((number) => number >= -1 && number <= 1), String(numbers));
  assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), 'what changed most comes first');
  await page.page.waitForTimeout(500);
  await page.screenshot('adversarial-towards');
  // Another explanation of the same change: the list stays.
  await page.press('adversarial.each.gradient');
  await page.permalink('method', 'gradient');
  assert.deepEqual((await rows()).map(([key]) => key), listed.map(([key]) => key));
  const alike = /: (-?[\d.]+)$/.exec(listed.find(([key]) => key === 'adversarial.each.gradient')[1])[1];
  await page.until(
    (wanted) => document.querySelector('#mirror [data-id="adversarial.map.after"]')?.getAttribute('aria-label')?.endsWith(`: ${wanted}`), alike,
    `the maps' own figure is that of the list, ${alike}`, 60_000);
  page.assert_clean();
});

test('a class that is not reached is said so', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=adversarial&class=817&adversarial.goal=1&adversarial.epsilon=0' });
  await page.says(/^No colour moved by more than 0(\.0+)? of 255, and .* was not reached: it went from .* to .*, and the first answer is .*cat/, 60_000);
  page.assert_clean();
});
