// Point 10: three sizes of screen, light, dark and high contrast; everything in reach, nothing cut off, no text over another.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

const kScreens = { projector: { width: 1440, height: 900 }, tablet: { width: 820, height: 1180 }, phone: { width: 390, height: 844 } };
const kLenses = ['overview', 'filters', 'activations', 'gradient', 'dream'];

for (const [name, viewport] of Object.entries(kScreens)) {
  test(`${name}, ${viewport.width}×${viewport.height}`, async (t) => {
    const scene = await open_scene(t);
    for (const theme of ['light', 'dark', 'contrast']) {
      const page = await visit(scene, { viewport, hash: `#theme=${theme}`, deviceScaleFactor: name === 'phone' ? 2 : 1, hasTouch: name !== 'projector', wait: false });
      await page.id('model').waitFor();
      await page.page.waitForFunction(() => performance.getEntriesByName('convscope-first-answer').length > 0, undefined, { timeout: 60_000 });
      await page.page.waitForTimeout(1500); // the light wave through the layers
      const beyond = await page.page.locator('#mirror [role=button]').evaluateAll((nodes) =>
        nodes.filter((node) => node.style.pointerEvents !== 'none' && (node.getBoundingClientRect().right > innerWidth + 1 || node.getBoundingClientRect().left < -1)).map((node) => node.dataset.id));
      assert.deepEqual(beyond, [], 'no control reaches beyond the screen');
      await page.screenshot(`layout-${name}-${theme}`);
      page.assert_clean();
      await page.context.close();
    }
  });
}

test('every lens, at every size', async (t) => {
  const scene = await open_scene(t);
  for (const [name, viewport] of Object.entries(kScreens)) {
    for (const lens of kLenses) {
      const page = await visit(scene, { viewport, hash: `#lens=${lens}`, wait: false });
      await page.page.waitForFunction(() => performance.getEntriesByName('convscope-first-answer').length > 0, undefined, { timeout: 60_000 });
      await page.page.waitForTimeout(2500);
      await page.screenshot(`lens-${lens}-${name}`);
      page.assert_clean();
      await page.context.close();
    }
  }
});
