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
