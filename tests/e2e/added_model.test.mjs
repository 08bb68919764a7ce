// What `./dev models add` leaves beside the other models is in the menu with its size, opens, and says its own facts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { kRoot } from './support/host.mjs';
import { open_scene, visit } from './support/page.mjs';

const kBanana = 954, kClasses = 1000;

// A small network whose bias sees a banana in every picture. The linear layer's weights are 8-bit.
function banana_bundle() {
  const conv = new Float32Array(4 * 27).fill(0.01), bias = new Float32Array(4);
  const linear = new Uint8Array(4 * kClasses + 4 * kClasses); // factors and multiples are zero
  const logits = new Float32Array(kClasses);
  logits[kBanana] = 12;
  const parts = [conv, bias, linear, logits].map((array) => Buffer.from(array.buffer));
  const offsets = [];
  const data = [];
  let end = 0;
  for (const part of parts) {
    offsets.push(end);
    data.push(part, Buffer.alloc(-part.length & 15));
    end += part.length + (-part.length & 15);
  }
  const header = Buffer.from(`model banana
title Banana Net
citation Nobody: Everything Is a Banana. 2026
preprocessing order=rgb mean=127.5 std=127.5 resize=shorter-side:40 side=32
classes ${kClasses}
input image 1 32 32 3
param conv.weight f32 ${offsets[0]} ${parts[0].length} 4 3 3 3
param conv.bias f32 ${offsets[1]} ${parts[1].length} 4
param logits.weight q8 ${offsets[2]} ${parts[2].length} ${kClasses} 4
param logits.bias f32 ${offsets[3]} ${parts[3].length} ${kClasses}
node Conv conv image,conv.weight,conv.bias conv.pre kernel=3,3 strides=2,2 auto_pad=same_upper
node Relu conv.relu conv.pre conv
node GlobalAveragePool average conv average
node Flatten flatten average features axis=1
node Gemm logits features,logits.weight,logits.bias logits transB=1
node Softmax softmax logits probabilities axis=-1
layer conv conv kind=conv pre=conv.pre
layer logits logits kind=logits
output logits logits
output probabilities probabilities
`);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const head = Buffer.concat([Buffer.from('CSBNDL01'), length, header]);
  return Buffer.concat([head, Buffer.alloc(-head.length & 63), ...data]);
}

function site_with_banana(folder) {
  const models = process.env.CONVSCOPE_MODELS ?? join(kRoot, 'build/models');
  for (const name of readdirSync(models)) {
    if (name !== 'added.json') symlinkSync(join(models, name), join(folder, name));
  }
  const bytes = banana_bundle();
  writeFileSync(join(folder, 'banana.csb'), bytes);
  const entry = {
    id: 'banana', title: { en: 'Banana Net', zh: 'Banana Net' }, format: 'bundle', file: 'banana.csb', bytes: bytes.length,
    input: { height: 32, width: 32, channels: 3 }, sha256: createHash('sha256').update(bytes).digest('hex'), licence: 'CC0-1.0', accuracy: { imagenet: { top1: 0.1 } },
  };
  writeFileSync(join(folder, 'added.json'), JSON.stringify({ version: 1, models: [entry] }));
  const site = join(folder, 'site');
  const built = spawnSync(process.execPath, [join(kRoot, 'web/build.mjs'), '--fast', '--models', folder, '--out', site, '--cache', join(folder, 'compressed')], { encoding: 'utf8' });
  assert.equal(built.status, 0, built.stderr);
  return site;
}

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
