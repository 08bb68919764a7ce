// The memory of the page's and the engine's modules together, after every lens has been used: it only ever grows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kLenses, open_scene, visit } from './support/page.mjs';

for (const model of ['squeezenet-1.0', 'efficientnet-lite0']) {
  test(`at most 256 MB: ${model}`, async (t) => {
    const scene = await open_scene(t);
    const page = await visit(scene, { hash: `#model=${model}` });
    // Each answer to a picture tells the size of both heaps; another picture asks for one.
    const heaps = {};
    const pictures = [['coffee', /espresso/i], ['chelsea', /cat|tabby/i]];
    for (const [i, lens] of Object.keys(kLenses).entries()) {
      await page.lens(lens);
      await page.page.waitForTimeout(3000);
      const [picture, name] = pictures[i % 2];
      await page.press(`sample.${picture}`);
      await page.first_answer((answer) => name.test(answer.name));
      heaps[lens] = Number(/([\d.]+) MB/.exec(await page.text('status.heap'))[1]);
    }
    const words = `heaps in MB, lens after lens: ${JSON.stringify(heaps)}`;
    t.diagnostic(words);
    for (const megabytes of Object.values(heaps)) assert.ok(megabytes >= 32 && megabytes <= 256, words);
    page.assert_clean();
  });
}
