// Point 9: gradient saliency beside the same network with random weights; another class gives another map.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

test('the trained and the untrained network, side by side', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=gradient' });
  await page.id('saliency.map.trained').waitFor({ timeout: 30_000 });
  await page.id('saliency.map.untrained').waitFor({ timeout: 30_000 });
  const alike = Number(/: (-?[\d.]+)$/.exec(await page.says(/^Agreement of the two maps: -?[\d.]+$/))[1]);
  assert.ok(alike > -1 && alike < 0.95, `the untrained network's map agrees by ${alike}`);
  await page.page.waitForTimeout(1000);
  await page.screenshot('saliency');
  const first = await page.id('saliency.map.trained').screenshot();

  const [, second] = await page.answers();
  await page.press(`class.${second.index}`);
  await page.says(new RegExp(`Gradient map for ${second.name}`));
  await page.page.waitForTimeout(2500);
  assert.ok(!(await page.id('saliency.map.trained').screenshot()).equals(first), 'another class, another map');

  await page.id('saliency.map.trained').hover();
  await page.says(/^Under the pointer · pixel in row \d+, column \d+$/);
  await page.says(/^= [\d.]+(e[+-]\d+)?$/);
  await page.screenshot('saliency-second-class');
  await page.page.mouse.move(5, 5); // the inspector shows less when no place is pointed at
  await page.page.waitForTimeout(500);
  await page.press('saliency.untrained');
  await page.id('saliency.map.untrained').waitFor({ state: 'detached' });
  page.assert_clean();
});

test('EfficientNet-Lite0', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#model=efficientnet-lite0&image=coffee&lens=gradient' });
  await page.id('saliency.map.trained').waitFor({ timeout: 60_000 });
  await page.id('saliency.map.untrained').waitFor({ timeout: 60_000 });
  await page.page.waitForTimeout(1000);
  await page.screenshot('saliency-efficientnet');
  page.assert_clean();
});
