// Point 10: three sizes of screen, light, dark and high contrast; everything in reach, nothing cut off, no text over another.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misplaced } from './support/layout.mjs';
import { kLenses, open_scene, visit } from './support/page.mjs';

const kScreens = { projector: { width: 1440, height: 900 }, tablet: { width: 820, height: 1180 }, phone: { width: 390, height: 844 } };
for (const [name, viewport] of Object.entries(kScreens)) {
  test(`${name}, ${viewport.width}×${viewport.height}`, async (t) => {
    const scene = await open_scene(t);
    for (const theme of ['light', 'dark', 'contrast']) {
      const page = await visit(scene, { viewport, hash: `#theme=${theme}`, deviceScaleFactor: name === 'phone' ? 2 : 1, hasTouch: name !== 'projector', wait: false });
      await page.id('model').waitFor();
      await page.page.waitForFunction(() => performance.getEntriesByName('convscope-first-answer').length > 0, undefined, { timeout: 60_000 });
      await page.page.waitForTimeout(1500); // the light wave through the layers
      assert.deepEqual(await misplaced(page), []);
      await page.screenshot(`layout-${name}-${theme}`);
      page.assert_clean();
      await page.context.close();
    }
  });
}

// What each lens shows when it has what it needs, whatever the size of the screen.
const kShows = {
  overview: async (page) => {
    await page.id('overview.photo').waitFor({ state: 'attached' });
    await page.id('overview.fire9.3').waitFor({ state: 'attached' });
    assert.match(await page.label('overview.answer'), /cat, [\d.]+%$/);
  },
  filters: async (page) => {
    await page.says(/one of the 96 filters of conv1: 7×7 weights/);
    assert.match(await page.label('filter.0'), /^filter 0, weights from -?[\d.]+ to -?[\d.]+$/);
  },
  activations: async (page) => {
    await page.says(/What does \S+ see in this picture/);
    assert.match(await page.label('channel.0'), /^channel 0, (largest value [\d.]+|silent on this picture)$/);
  },
  gradient: async (page) => {
    await page.says(/Which pixels does .*cat.* hang on/);
    assert.match(await page.label('saliency.map.trained'), /^Gradient map for .*cat/);
    await page.id('saliency.map.untrained').waitFor({ state: 'attached' });
  },
  gradients: async (page) => {
    await page.id('explain.map').waitFor({ state: 'attached', timeout: 60_000 });
    assert.match(await page.label('explain.map'), /^Integrated gradients for .*cat/);
  },
  cam: async (page) => {
    await page.id('explain.map').waitFor({ state: 'attached', timeout: 60_000 });
    assert.match(await page.label('explain.map'), /^Grad-CAM for .*cat/);
  },
  occlusion: async (page) => {
    await page.id('explain.map').waitFor({ state: 'attached', timeout: 60_000 });
    assert.match(await page.label('explain.map'), /^Occlusion for .*cat/);
  },
  segmentation: async (page) => {
    await page.id('explain.save').waitFor({ state: 'attached', timeout: 60_000 });
    assert.match(await page.label('explain.map'), /^Segmentation for .*cat/);
  },
  contribution: async (page) => {
    await page.id('contribution.channel.0').or(page.id('contribution.map')).first().waitFor({ state: 'attached', timeout: 60_000 });
    assert.match(await page.label('contribution.map'), /^What fire9 adds to .*cat/);
    assert.match(await page.label('contribution.layer.conv1'), /^conv1: -?[\d.]+ of the score, which is [\d.]+$/);
  },
  adversarial: async (page) => {
    await page.says(/^No colour moved by more than [\d.]+ of 255/, 60_000);
    assert.match(await page.label('adversarial.map.after'), /Rank correlation/);
  },
  faithfulness: async (page) => {
    await page.id('faith.removal').waitFor({ state: 'attached', timeout: 60_000 });
    assert.match(await page.label('faith.map'), /^Grad-CAM for .*cat/);
    await page.says(/^Deletion, area [\d.]+: low is good$/, 120_000);
  },
  dream: async (page) => {
    assert.match(await page.label('dream.picture'), /^The dream of \S+\. Hold it down/);
    assert.match(await page.label('dream.progress'), /step \d+ of \d+|^Done/i);
  },
};

for (const [name, viewport] of Object.entries(kScreens)) {
  test(`every lens: ${name}`, async (t) => {
    const scene = await open_scene(t);
    const wrong = [];
    for (const lens of Object.keys(kLenses)) {
      const page = await visit(scene, { viewport, hash: `#lens=${lens}`, hasTouch: name !== 'projector', wait: false });
      await page.page.waitForFunction(() => performance.getEntriesByName('convscope-first-answer').length > 0, undefined, { timeout: 60_000 });
      await kShows[lens](page);
      await page.page.waitForTimeout(1500);
      await page.screenshot(`lens-${lens}-${name}`);
      // From the top of the stage to its end.
      for (let part = 0; part < 4; ++part) {
        for (const sentence of await misplaced(page)) wrong.push(`${lens}, scrolled ${part} times: ${sentence}`);
        await page.page.mouse.move(viewport.width / 2, viewport.height / 2);
        await page.page.mouse.wheel(0, 600);
        await page.page.waitForTimeout(250);
      }
      page.assert_clean();
      await page.context.close();
    }
    assert.deepEqual([...new Set(wrong)], []);
  });
}
