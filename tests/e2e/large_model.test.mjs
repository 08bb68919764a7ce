// The largest networks of `./dev models add`, with random weights: VGG-16 has 138 million, 553 MB as the engine holds
// them, three quarters in one matrix. They open, answer, and every lens that goes backwards through them works.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundle, site_with } from './support/added_models.mjs';
import { open_scene, visit } from './support/page.mjs';

const kClasses = 1000;

// A million random bytes, repeated. No row of weights is as long, nor a part of it, so that no two rows are alike.
const kBlock = Buffer.alloc(1_000_003);
let state = 1;
for (let i = 0; i < kBlock.length; ++i) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  kBlock[i] = state >>> 24;
}

// 8-bit weights with the deviation that keeps a rectified network's activations alive (He et al. 2015).
function weights(name, shape) {
  const [outputs, ...rest] = shape;
  const inputs = rest.reduce((product, extent) => product * extent, 1);
  const bytes = Buffer.alloc(outputs * (4 + inputs));
  bytes.fill(kBlock, 4 * outputs);
  const factor = Math.sqrt(2 / inputs) / 74; // 74 is the deviation of a uniform byte
  for (let i = 0; i < outputs; ++i) bytes.writeFloatLE(factor, 4 * i);
  return { name, dtype: 'q8', shape, bytes };
}
const zeros = (name, count) => ({ name, dtype: 'f32', shape: [count], bytes: new Float32Array(count) });

// `plan` lists convolutions [outputs, kernel, stride, pad] and poolings [kernel], each of stride 2; `map` is the side of
// what the linear layers see. They are written as ./dev models add writes them: convolutions as large as the map.
function classic({ id, title, plan, map }) {
  const params = [], lines = [], layers = [];
  let source = 'image', channels = 3;
  const conv = (name, kind, outputs, kernel, stride, pad) => {
    params.push(weights(`${name}.weight`, [outputs, kernel, kernel, channels]), zeros(`${name}.bias`, outputs));
    lines.push(`node Conv ${name}.conv ${source},${name}.weight,${name}.bias ${name}.pre kernel=${kernel},${kernel} strides=${stride},${stride} pads=${pad},${pad},${pad},${pad} group=1 dilations=1,1`);
    lines.push(`node Relu ${name}.relu ${name}.pre ${name}`);
    layers.push(`layer ${name} ${name} kind=${kind} pre=${name}.pre`);
    [source, channels] = [name, outputs];
  };
  for (const [i, [outputs, kernel, stride, pad]] of plan.entries()) {
    if (kernel !== undefined) {
      conv(`conv${i}`, 'conv', outputs, kernel, stride, pad);
      continue;
    }
    lines.push(`node MaxPool pool${i}.pool ${source} pool${i} kernel=${outputs},${outputs} strides=2,2 pads=0,0,0,0 ceil_mode=0`);
    layers.push(`layer pool${i} pool${i} kind=pool`);
    source = `pool${i}`;
  }
  conv('fc6', 'head', 4096, map, 1, 0);
  conv('fc7', 'head', 4096, 1, 1, 0);
  params.push(weights('logits.weight', [kClasses, 4096]), zeros('logits.bias', kClasses));
  const before = [
    `model ${id}`, `title ${title}`, 'preprocessing order=rgb mean=123.675,116.28,103.53 std=58.395,57.12,57.375 resize=shorter-side:256 side=224',
    `classes ${kClasses}`, 'input image 1 224 224 3',
  ];
  const after = [
    ...lines, `node Flatten flatten ${source} features axis=1`,
    'node Gemm logits features,logits.weight,logits.bias logits transB=1', 'node Softmax softmax logits probabilities axis=-1',
    ...layers, 'layer logits logits kind=logits', 'output logits logits', 'output probabilities probabilities',
  ];
  return { id, title, side: 224, bytes: bundle(before, params, after) };
}

const same = (outputs) => [outputs, 3, 1, 1];
const kVgg16 = [64, 64, [2], 128, 128, [2], 256, 256, 256, [2], 512, 512, 512, [2], 512, 512, 512, [2]].map((part) => (typeof part === 'number' ? same(part) : part));
const kAlexNet = [[64, 11, 4, 2], [3], [192, 5, 1, 2], [3], same(384), same(256), same(256), [3]];

// The smaller first, for heaps never shrink. The most that both may hold, in MB: before there is an untrained copy, and
// with it. AlexNet's matrices packed for both directions would be another 470. VGG-16's weights take 553 MB, the Winograd
// forms of its convolutions 235 for each direction, its file 138, the network before it, which stays until it is open, 300,
// activations and what runs need the rest; its matrices packed would be another 990. Heaps vary by some 50 MB: they grow by
// 5 % at a time, and what was freed is not always where it is wanted.
const kNetworks = [
  { id: 'alexnet', title: 'AlexNet, random', plan: kAlexNet, map: 6, last: 'pool7', trained: 750, both: 1000 },
  { id: 'vgg16', title: 'VGG-16, random', plan: kVgg16, map: 7, last: 'pool17', trained: 2000, both: 2700 },
];

// The size of the heaps after another picture, whose answer tells it.
async function heap_with(page, picture) {
  const before = JSON.stringify(await page.answers());
  await page.press(`sample.${picture}`);
  for (const end = Date.now() + 30_000; JSON.stringify(await page.answers()) === before; ) {
    if (Date.now() > end) assert.fail(`no other answer for ${picture}`);
    await page.page.waitForTimeout(50);
  }
  const [, number, unit] = /([\d.,]+) ([MG]B)/.exec(await page.text('status.heap'));
  return Number(number.replaceAll(',', '')) * (unit === 'GB' ? 1000 : 1);
}

test('VGG-16 and AlexNet open, answer and are explained', { timeout: 180_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'convscope-large-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const scene = await open_scene(t, { site: site_with(folder, kNetworks.map(classic)) });
  const page = await visit(scene);
  for (const { id, title, last, trained, both } of kNetworks) {
    await page.press('model');
    await page.press(`model.${id}`);
    await page.permalink('model', id, 60_000);
    await page.id(`layer.${last}`).waitFor({ state: 'attached', timeout: 60_000 }); // the network before stays until then
    await page.answered();
    await page.lens('cam');
    await page.says(/^Highest value before scaling: [\d.e+-]+$/, 60_000);
    const first = await heap_with(page, 'coffee');
    await page.lens('gradient');
    await page.id('saliency.map.trained').waitFor({ timeout: 60_000 });
    await page.id('saliency.map.untrained').waitFor({ timeout: 60_000 });
    const alike = Number(/: (-?[\d.]+)$/.exec(await page.says(/^Agreement of the two maps: -?[\d.]+$/))[1]);
    assert.ok(alike > -1 && alike < 0.95, `the untrained network's map agrees by ${alike}`);
    await page.screenshot(`large-${id}`);
    const second = await heap_with(page, 'chelsea');
    const words = `${title}: heaps of ${first} MB, with the untrained copy ${second} MB`;
    t.diagnostic(words);
    assert.ok(first <= trained && second <= both, words);
    await page.lens('overview');
  }
  page.assert_clean();
});
