// What `./dev models add` leaves beside the other models is in the menu with its size, opens, and says its own facts.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundle, site_with } from './support/added_models.mjs';
import { open_scene, visit } from './support/page.mjs';

const kBanana = 954, kClasses = 1000;

// A small network whose bias sees a banana in every picture. The linear layer's weights are 8-bit.
function banana_bundle() {
  const logits = new Float32Array(kClasses);
  logits[kBanana] = 12;
  const params = [
    { name: 'conv.weight', dtype: 'f32', shape: [4, 3, 3, 3], bytes: new Float32Array(4 * 27).fill(0.01) },
    { name: 'conv.bias', dtype: 'f32', shape: [4], bytes: new Float32Array(4) },
    { name: 'logits.weight', dtype: 'q8', shape: [kClasses, 4], bytes: new Uint8Array(4 * kClasses + 4 * kClasses) }, // factors and multiples are zero
    { name: 'logits.bias', dtype: 'f32', shape: [kClasses], bytes: logits },
  ];
  return bundle(`model banana
title Banana Net
citation Nobody: Everything Is a Banana. 2026
preprocessing order=rgb mean=127.5 std=127.5 resize=shorter-side:40 side=32
classes ${kClasses}
input image 1 32 32 3`.split('\n'), params, `node Conv conv image,conv.weight,conv.bias conv.pre kernel=3,3 strides=2,2 auto_pad=same_upper
node Relu conv.relu conv.pre conv
node GlobalAveragePool average conv average
node Flatten flatten average features axis=1
node Gemm logits features,logits.weight,logits.bias logits transB=1
node Softmax softmax logits probabilities axis=-1
layer conv conv kind=conv pre=conv.pre
layer logits logits kind=logits
output logits logits
output probabilities probabilities`.split('\n'));
}

const site_with_banana = (folder) => site_with(folder, [{ id: 'banana', title: 'Banana Net', side: 32, bytes: banana_bundle() }]);

test('an added network is in the menu with its size, and opens with what its file says of it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'convscope-added-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const scene = await open_scene(t, { site: site_with_banana(folder) });
  const page = await visit(scene);
  await page.press('model');
  const option = page.id('model.banana');
  await option.waitFor({ state: 'attached' });
  assert.match(await option.getAttribute('aria-description'), /1[0-9] kB.*0\.1/);
  assert.match(await option.getAttribute('aria-description'), /sees 32 × 32 px/);
  assert.ok(!scene.host.sent.some(({ path }) => path.endsWith('banana.csb')), 'not fetched before it is chosen');
  await page.press('model.banana');
  await page.permalink('model', 'banana');
  const answer = await page.first_answer((first) => /banana/i.test(first.name));
  assert.ok(answer.probability > 99, 'e^12 against 999 others');
  page.assert_clean();
});
