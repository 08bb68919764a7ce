// Whole explanations on SqueezeNet: the page's engine in Chromium and the native program beside pytorch-grad-cam and Captum
// on PyTorch, taking turns on one machine, after checking that the maps agree. Usage: ./dev bench --methods [OPTION...]
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { export_networks, kOut, kRoot, open_browser, Stop } from './prepare.mjs';
import { median, ms, table } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    methods: { type: 'boolean', default: true }, only: { type: 'string' }, rounds: { type: 'string', default: '5' }, check: { type: 'boolean', default: false },
    builds: { type: 'string', default: join(kRoot, 'build') },
    models: { type: 'string', default: process.env.CONVSCOPE_MODELS ?? join(kRoot, 'build/models') },
  },
});

const kNetwork = 'squeezenet-1.0', kLayer = 'fire9', kThreads = Math.min(2, cpus().length);
const kNativeMost = 0.3, kFirstMs = 300, kCancelMs = 100;
// `page`: at most so much of the peer's time. `alike`: least correlation of the two maps; noise differs from run to run.
const kMethods = [
  { id: 'grad_cam', layer: kLayer, page: 0.8, alike: 0.999 },
  { id: 'score_cam', layer: kLayer, page: 0.8, alike: 0.99 },
  { id: 'ablation_cam', layer: kLayer, page: 0.15, alike: 0.99 },
  { id: 'occlusion', page: 0.8, alike: 0.999, parameters: { window: 32, stride: 16 } },
  { id: 'integrated_gradients', page: 0.8, alike: 0.999, parameters: { steps: 50 } },
  { id: 'smoothgrad', page: 0.8, alike: 0.5, parameters: { samples: 50 } },
];
const kPython = process.env.CONVSCOPE_PEERS_PYTHON ?? '/usr/bin/python3';
const kProgram = join(options.builds, 'release/convscope');

const note = (text) => process.stderr.write(`${text}\n`);
const mb = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

function correlation(a, b) {
  const mean = (v) => v.reduce((sum, each) => sum + each, 0) / v.length;
  const [ma, mb_] = [mean(a), mean(b)];
  let ab = 0, aa = 0, bb = 0;
  for (let i = 0; i < a.length; ++i) {
    ab += (a[i] - ma) * (b[i] - mb_);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb_) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

// The numbers of a pixel's colours as the peers' maps have them: their sum, or of SmoothGrad the largest |·|.
function one_a_pixel(values, colours, id) {
  const out = new Float32Array(values.length / colours);
  for (let i = 0; i < out.length; ++i) {
    const own = values.subarray(i * colours, (i + 1) * colours);
    out[i] = id === 'smoothgrad' ? Math.max(...own.map(Math.abs)) : own.reduce((sum, each) => sum + each, 0);
  }
  return out;
}

// The sample photo in the network's size, the same bytes for all: a PNG for the program, RGBA for the others.
async function make_picture(page, side) {
  const made = await page.evaluate(async (size) => {
    const bitmap = await createImageBitmap(await (await fetch('/models/samples/chelsea.jpg')).blob());
    const edge = Math.min(bitmap.width, bitmap.height);
    const canvas = new OffscreenCanvas(size, size);
    const context = canvas.getContext('2d');
    context.drawImage(bitmap, (bitmap.width - edge) / 2, (bitmap.height - edge) / 2, edge, edge, 0, 0, size, size);
    const png = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
    return { png: [...png], rgba: [...context.getImageData(0, 0, size, size).data] };
  }, side);
  const files = { png: join(kOut, 'methods.png'), rgba: join(kOut, 'methods.rgba') };
  for (const [kind, file] of Object.entries(files)) writeFileSync(file, Uint8Array.from(made[kind]));
  return { ...files, bytes: made.rgba };
}

function program(...words) {
  // The memory of a program that has ended is known to the one that started it.
  const script = 'import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)';
  const done = spawnSync('/usr/bin/python3', ['-c', script, kProgram, ...words], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (done.status !== 0) throw new Stop(`convscope ${words.join(' ')} failed:\n${done.stderr}`);
  const lines = done.stdout.trim().split('\n');
  return { peak: Number(lines.pop()) * 1024, text: lines.join('\n') };
}

class Peer {
  constructor(words) {
    this.process = spawn(kPython, [join(kRoot, 'tests/bench/method_peers.py'), ...words.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }
  async hear() {
    const { value, done } = await this.lines.next();
    if (done) throw new Stop('the peer has ended');
    const [word, ...rest] = value.split(' ');
    return { word, rest: rest.join(' ') };
  }
  async ask(line) {
    this.process.stdin.write(`${line}\n`);
    return (await this.hear()).rest;
  }
  close() {
    this.process.stdin.end();
  }
}

// The picture with the lowest bit of every colour turned over each time: what the engine keeps of the run before must not stand in for
// work that is timed.
let turns = 0;
async function show_changed(ask, picture) {
  ++turns; // every colour by one: a corner alone would be cropped away
  const bytes = picture.bytes.map((byte, i) => (i % 4 === 3 ? byte : byte ^ (turns & 1)));
  await ask('picture', bytes);
}

async function measure(page, method, picture, target, onnx) {
  const peer = new Peer([onnx, picture.rgba, method.id, method.layer ?? '-', target, kThreads]);
  try {
    return await measured(page, method, picture, target, peer);
  } finally {
    peer.close();
  }
}

async function measured(page, method, picture, target, peer) {
  const ask = (...call) => page.evaluate((parameters) => globalThis.ask('page', ...parameters), call);
  const request = { method: method.id, target, layer: method.layer ?? '', parameters: method.parameters ?? {} };
  const words = ['explain', method.id, kNetwork, picture.png, '--exact-input', '--json', '--warm', '--seed', 1, '--target', target, ...(method.layer ? ['--layer', method.layer] : []),
    ...Object.entries(method.parameters ?? {}).flatMap(([key, value]) => ['--param', `${key}=${value}`])].map(String);
  const ready = await peer.hear();
  if (ready.word !== 'ready') note(`no peer: ${ready.rest}; CONVSCOPE_PEERS_PYTHON names a Python that has torch, captum 0.6.0 and grad-cam 1.4.8`);
  const has_peer = ready.word === 'ready';
  const page_ms = [], first_ms = [], native_ms = [], peer_ms = [];
  let native_peak = 0;
  for (let round = -1; round < Number(options.rounds); ++round) { // round -1 warms up
    if (has_peer) {
      const time = Number(await peer.ask('run'));
      if (round >= 0) peer_ms.push(time);
    }
    await show_changed(ask, picture);
    const ran = await ask('method', request);
    if (round >= 0) page_ms.push(ran.ms), first_ms.push(ran.first);
    const native = program(...words);
    native_peak = Math.max(native_peak, native.peak);
    if (round >= 0) native_ms.push(JSON.parse(native.text).micros / 1000);
  }
  await ask('picture', picture.bytes);
  const { map } = await ask('method', request);
  // The page crops the picture as every photo, the peer gets it as it is: each is compared with the program's map of the same.
  const own = (...more) => {
    const file = join(kOut, 'methods.npy');
    program(...words.filter((word) => !['--exact-input', '--json', '--warm'].includes(word)), ...more, '--npy', file);
    const bytes = readFileSync(file);
    const start = 10 + bytes.readUInt16LE(8);
    const values = new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer), side = Math.sqrt(map.length);
    return values.length === side * side ? values : one_a_pixel(values, values.length / map.length, method.id);
  };
  const same = correlation(map, own());
  if (!(same >= 0.999)) throw new Stop(`${method.id}: the page's map and the program's correlate by ${same.toFixed(4)} only`);
  let alike;
  const result = { id: method.id, peer_version: ready.rest, page_ms, first_ms, native_ms, peer_ms, native_peak, heap: await ask('heap') };
  if (has_peer) {
    const file = join(kOut, 'methods.f32');
    await peer.ask(`map ${file}`);
    const bytes = readFileSync(file);
    const theirs = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    // Score-CAM of pytorch-grad-cam 1.4.8 divides 0 by 0 for a channel that is silent; what it does takes as long.
    const has_map = method.id !== 'score_cam' || theirs.every((value) => !Number.isNaN(value));
    alike = has_map ? correlation(own('--exact-input'), theirs) : undefined;
    result.peer_peak = Number(await peer.ask('memory'));
    if (has_map && !(alike >= method.alike)) throw new Stop(`${method.id}: the program's map and the peer's correlate by ${alike.toFixed(4)} only, want ${method.alike}`);
  }
  return { ...result, alike };
}

function judge(results, firsts, cancels) {
  const said = [];
  for (const method of kMethods) {
    const result = results.find(({ id }) => id === method.id);
    if (result === undefined) continue;
    if (result.peer_ms.length === 0) {
      said.push({ what: `${method.id}: no peer took part`, want: 'one', reached: false });
      continue;
    }
    for (const [who, times, most] of [['the page', result.page_ms, method.page], ['natively', result.native_ms, kNativeMost]]) {
      const ratio = median(times) / median(result.peer_ms);
      said.push({ what: `${method.id}, ${who}: ${ratio.toFixed(3)} × ${method.layer ? 'pytorch-grad-cam' : 'Captum'}`, want: `at most ${most}`, reached: ratio <= most });
    }
  }
  for (const { id, first } of firsts) if (first > kFirstMs) said.push({ what: `${id}: first preview after ${ms(first)} ms`, want: `at most ${kFirstMs}`, reached: false });
  const slowest = Math.max(...firsts.map(({ first }) => first));
  if (slowest <= kFirstMs) said.push({ what: `first preview of ${firsts.length} methods after ${ms(slowest)} ms at most`, want: `at most ${kFirstMs}`, reached: true });
  for (const { id, time } of cancels) said.push({ what: `${id}: cancelled within ${ms(time)} ms`, want: `at most ${kCancelMs}`, reached: time <= kCancelMs });
  return said;
}

async function main() {
  const network = export_networks(options.models).find(({ id }) => id === kNetwork);
  if (network === undefined || !existsSync(kProgram)) throw new Stop(`${kNetwork} or ${kProgram} is missing; ./dev bench --methods makes them`);
  process.env.CONVSCOPE_MODELS = options.models;
  const onnx = join(kOut, 'methods.onnx');
  program('export', kNetwork, onnx);
  const browser = await open_browser({ ...options, boost: false });
  const report = { when: new Date().toISOString(), processor: cpus()[0].model, load: { before: loadavg() }, results: [] };
  try {
    const picture = await make_picture(browser.page, network.size);
    const ask = (...call) => browser.page.evaluate((parameters) => globalThis.ask('page', ...parameters), call);
    const build = kThreads > 1 ? 'relaxed-threads' : 'relaxed';
    // An engine that has only seen the picture, so that heaps and first previews are each method's own.
    let target;
    const start_afresh = async () => {
      if (target !== undefined) await browser.page.evaluate(() => globalThis.stop('page'));
      await browser.page.evaluate(() => globalThis.start('page', '/build/bench/page/product_worker.js'));
      await ask('open', { build, threads: kThreads, network });
      target = await ask('picture', picture.bytes);
    };
    for (const method of kMethods.filter(({ id }) => options.only === undefined || id === options.only)) {
      await start_afresh();
      const result = await measure(browser.page, method, picture, target, onnx);
      report.results.push(result);
      note(`${method.id}: page ${ms(median(result.page_ms))} ms, native ${ms(median(result.native_ms))} ms${result.peer_ms.length ? `, peer ${ms(median(result.peer_ms))} ms, ${result.alike === undefined ? 'its map is not a number' : `maps correlate by ${result.alike.toFixed(4)}`}` : ''}`);
    }
    // Every method's first sign of life, each on plans of its own that are made for it.
    const ids = JSON.parse(program('models', '--methods', '--json').text).methods.map(({ id }) => id).filter((id) => id !== 'deep_dream' && id !== 'cam'); // SqueezeNet has no linear layer after its average
    report.firsts = [];
    for (const id of ids) {
      await start_afresh();
      const { first, ms: whole } = await ask('method', { method: id, target, layer: '', parameters: {}, cancel_after: 1 });
      report.firsts.push({ id, first, whole });
    }
    report.cancels = [];
    for (const id of ['score_cam', 'ablation_cam', 'occlusion', 'integrated_gradients', 'smoothgrad', 'conductance', 'segmentation', 'faithfulness', 'randomisation', 'adversarial']) {
      const { cancelled } = await ask('method', { method: id, target, layer: '', parameters: {}, cancel_after: 2 });
      if (cancelled !== undefined) report.cancels.push({ id, time: cancelled });
    }
  } finally {
    await browser.close();
  }
  report.load.after = loadavg();
  console.log(`\nSqueezeNet v1.0, layer ${kLayer}, ${kThreads} threads, medians of ${options.rounds}`);
  console.log(table(['method', 'page ms', 'native ms', 'peer ms', 'page / peer', 'native / peer', 'page heap', 'native peak', 'peer peak'], report.results.map((each) => [
    each.id, ms(median(each.page_ms)), ms(median(each.native_ms)), ...(each.peer_ms.length === 0 ? ['', '', ''] : [ms(median(each.peer_ms)),
      (median(each.page_ms) / median(each.peer_ms)).toFixed(3), (median(each.native_ms) / median(each.peer_ms)).toFixed(3)]),
    mb(each.heap), mb(each.native_peak), each.peer_peak ? mb(each.peer_peak) : '',
  ])));
  console.log(`\n${table(['method', 'first preview ms'], report.firsts.map(({ id, first }) => [id, ms(first)]))}\n`);
  report.targets = judge(report.results, report.firsts, report.cancels);
  for (const { what, want, reached } of report.targets) console.log(`${reached ? 'reached' : 'MISSED '}  ${what} (${want})`);
  console.log(`\n${report.processor}, load ${report.load.before[0].toFixed(1)} before, ${report.load.after[0].toFixed(1)} after; ${report.results[0]?.peer_version ?? ''}`);
  writeFileSync(join(kOut, 'methods.json'), `${JSON.stringify(report, null, 1)}\n`);
  if (options.check && report.targets.some(({ reached }) => !reached)) process.exitCode = 1;
}

main().catch((error) => {
  console.error(error instanceof Stop ? error.message : error);
  process.exitCode = 1;
});
