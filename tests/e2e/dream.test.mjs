// Point 11: DeepDream evolves on the screen; pause, step, reset, save; on both networks.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

const step_of = async (page) => {
  const words = await page.id('dream.progress').getAttribute('aria-label').catch(() => null);
  return Number(/step (\d+) of/i.exec(words ?? '')?.[1] ?? NaN);
};

// The objective in the first step and in the last.
const ends_of = (words) => /from ([\d.,e+]+) to ([\d.,e+]+)/.exec(words).slice(1).map((number) => Number(number.replaceAll(',', '')));

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
  const page = await visit(scene, { hash: '#lens=dream&deep_dream.iterations=60' });
  await step_beyond(page, 0);
  const early = await page.id('dream.picture').screenshot();
  await step_beyond(page, 8);
  await page.press('dream.pause');
  await page.page.waitForTimeout(1000);
  const held = await step_of(page);
  const picture = await page.id('dream.picture').screenshot();
  assert.ok(!picture.equals(early), 'the picture has changed');
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

  const dreamt_of = await page.id('dream.picture').screenshot();
  await page.press('dream.reset');
  await page.until(() => /step [01] of/i.test(document.querySelector('#mirror [data-id="dream.progress"]')?.getAttribute('aria-label') ?? ' step 0 of'), null, 'the dream is not at its beginning');
  await page.page.mouse.move(5, 5);
  await page.page.waitForTimeout(1000);
  assert.ok(!(await page.id('dream.picture').screenshot()).equals(dreamt_of), 'the photo is back');
  assert.ok(!((await step_of(page)) > 1), 'and waits');
  await page.screenshot('dream-reset');
  page.assert_clean();
});

test('it ends, and its objective has grown', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=dream&deep_dream.octaves=2&deep_dream.iterations=10' });
  await step_beyond(page, 0);
  await page.id('work').waitFor({ state: 'detached', timeout: 120_000 });
  const words = await page.id('dream.objective').getAttribute('aria-label');
  const [first, last] = ends_of(words);
  assert.ok(last > 2 * first, words);
  await page.screenshot('dream-squeezenet');
  page.assert_clean();
});

// Waits for the end of the dream whose objective is not `before`; answers its objective in words.
async function dreamt(page, before, timeout = 90_000) {
  await page.until(
    (old) => {
      const words = document.querySelector('#mirror [data-id="dream.objective"]')?.getAttribute('aria-label') ?? null;
      const done = /^Done/.test(document.querySelector('#mirror [data-id="dream.progress"]')?.getAttribute('aria-label') ?? '');
      return done && words !== null && words !== old;
    },
    before, 'the dream does not end', timeout);
  await page.page.mouse.move(5, 5);
  await page.page.waitForTimeout(600);
  return page.label('dream.objective');
}

test('another layer, and one of its channels alone', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=dream&deep_dream.octaves=1&deep_dream.iterations=6' });
  const first = await dreamt(page, null);
  await page.press('dream.suggestions.0');
  await page.permalink('dream', 'fire4');
  await page.says(/What does fire4 want to see/);
  const whole_layer = await dreamt(page, first);

  await page.press('dream.channels');
  const tile = page.page.locator('#mirror [data-id^="dream.channel."]').nth(2);
  await tile.waitFor({ state: 'attached' });
  await page.page.mouse.move(5, 5);
  await page.page.waitForTimeout(600);
  const picture = await page.id('dream.picture').screenshot();
  const key = await tile.getAttribute('data-id');
  const channel = key.slice('dream.channel.'.length);
  await page.press(key);
  await page.permalink('channels', channel);
  assert.equal(await page.label(key), `channel ${channel}, chosen`);
  await page.says(/^1 of 256 channels/);
  await dreamt(page, whole_layer);
  assert.ok(!(await page.id('dream.picture').screenshot()).equals(picture), 'one channel alone dreams of something else');
  await page.screenshot('dream-one-channel');

  // The same click takes it back: the whole layer again.
  await page.press(key);
  await page.permalink('channels', null);
  await page.says(/^All 256 channels/);
  page.assert_clean();
});

test('EfficientNet-Lite0 dreams too', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#model=efficientnet-lite0&lens=dream&deep_dream.octaves=2&deep_dream.iterations=10' });
  const [from, to] = ends_of(await dreamt(page, null, 240_000));
  assert.ok(to > 1.5 * from, `the objective goes from ${from} to ${to}`);
  // Held down, the picture is the photo.
  const picture = page.id('dream.picture');
  const dream = await picture.screenshot();
  await picture.hover();
  await page.page.mouse.down();
  await page.page.waitForTimeout(500);
  const photo = await picture.screenshot();
  await page.page.mouse.up();
  assert.ok(!dream.equals(photo), 'the dream is not the photo');
  await page.screenshot('dream-efficientnet');
  page.assert_clean();
});
