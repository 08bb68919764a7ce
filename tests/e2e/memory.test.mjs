// The memory of the page's and the engine's modules together, after every lens has been used: it only ever grows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

const kLenses = ['overview', 'filters', 'activations', 'gradient', 'dream'];

for (const model of ['squeezenet-1.0', 'efficientnet-lite0']) {
  test(`at most 256 MB: ${model}`, async (t) => {
    const scene = await open_scene(t);
    const page = await visit(scene, { hash: `#model=${model}` });
    for (const lens of kLenses) {
      await page.press(`lens.${lens}`);
      await page.permalink('lens', lens);
      await page.page.waitForTimeout(3000);
    }
    await page.press('work.cancel').catch(() => {}); // the dream
    await page.press('sample.coffee');
    await page.first_answer((answer) => /espresso/i.test(answer.name));
    const words = await page.text('status.heap');
    t.diagnostic(words);
    const megabytes = Number(/([\d.]+) MB/.exec(words)[1]);
    assert.ok(megabytes >= 64 && megabytes <= 256, words);
    page.assert_clean();
  });
}
