// Point 11: DeepDream evolves on the screen; pause, step, reset, save; on both networks.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

const step_of = async (page) => {
  const words = await page.id('dream.progress').getAttribute('aria-label').catch(() => null);
  return Number(/step (\d+) of/.exec(words ?? '')?.[1] ?? NaN);
};

async function step_beyond(page, step, timeout = 60_000) {
  const end = Date.now() + timeout;
  for (;;) {
    const now = await step_of(page);
    if (now > step) return now;
    assert.ok(Date.now() < end, `the dream stays at step ${now}`);
    await page.page.waitForTimeout(50);
  }
}

test('the picture evolves; pause holds it, a step moves it once, and it can be saved', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=dream' });
  await step_beyond(page, 0);
  const early = await page.id('dream.picture').screenshot();
  await step_beyond(page, 8);
  await page.press('dream.pause');
  await page.page.waitForTimeout(1000);
  const held = await step_of(page);
  const picture = await page.id('dream.picture').screenshot();
  assert.notDeepEqual(picture, early, 'the picture has changed');
  await page.page.waitForTimeout(1500);
  assert.equal(await step_of(page), held, 'paused');
  await page.press('dream.step');
  await step_beyond(page, held);
  await page.page.waitForTimeout(1000);
  assert.equal(await step_of(page), held + 1, 'one step');
  await page.screenshot('dream-paused');

  const [download] = await Promise.all([page.page.waitForEvent('download'), page.press('dream.save')]);
  assert.match(download.suggestedFilename(), /\.png$/);
  const png = readFileSync(await download.path());
  assert.deepEqual([...png.subarray(0, 4)], [137, 80, 78, 71]);
  assert.ok(png.readUInt32BE(16) >= 200 && png.length > 20_000, `${png.readUInt32BE(16)} px wide, ${png.length} bytes`);

  await page.press('dream.reset');
  await page.page.waitForTimeout(1500);
  await page.screenshot('dream-reset');
  page.assert_clean();
});

test('it ends, and its objective has grown', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=dream&deep_dream.octaves=2&deep_dream.iterations=10' });
  await step_beyond(page, 0);
  await page.id('work').waitFor({ state: 'detached', timeout: 120_000 });
  const words = await page.id('dream.objective').getAttribute('aria-label');
  const [first, last] = /from ([\d.,e+]+) to ([\d.,e+]+)/.exec(words).slice(1).map((number) => Number(number.replaceAll(',', '')));
  assert.ok(last > 2 * first, words);
  await page.screenshot('dream-squeezenet');
  page.assert_clean();
});

test('another layer and single channels', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=dream' });
  await page.press('dream.suggestions.0');
  await page.says(/fire4/);
  await step_beyond(page, 0);
  page.assert_clean();
});

test('EfficientNet-Lite0 dreams too', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#model=efficientnet-lite0&lens=dream' });
  await step_beyond(page, 20, 120_000);
  await page.screenshot('dream-efficientnet');
  page.assert_clean();
});
