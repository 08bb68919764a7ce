// Measures ConvScope beside ONNX Runtime Web and TensorFlow.js in one browser, taking turns, after checking that all give
// the same answers. Usage: ./dev bench [OPTION...], see --help
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { export_networks, kOut, kRoot, open_browser, Stop } from './prepare.mjs';
import { median, ms, profile_table, summary, times_table } from './report.mjs';

const kHelp = `usage: ./dev bench [OPTION...]

  --quick               fewer rounds, about a minute
  --profile             ConvScope's own steps, one table a network and operation, and no peers
  --network ID          only this one
  --systems WORDS       only systems whose names contain one of these words, split by commas
  --operation NAME      only forward or gradient
  --boost               raise the browser's priority, for a machine that does other things (needs root)
  --methods             whole explanations beside pytorch-grad-cam and Captum instead; with --only ID and --rounds N
  --export              only write the networks into build/bench, for convscope bench
  --check               exit status 1 where a target is missed
  --builds DIR          where the WebAssembly builds are (default build)

The figures also go to build/bench/latest.json.`;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false }, profile: { type: 'boolean', default: false }, check: { type: 'boolean', default: false },
    boost: { type: 'boolean', default: false }, export: { type: 'boolean', default: false },
    network: { type: 'string' }, systems: { type: 'string' }, operation: { type: 'string' }, help: { type: 'boolean', default: false },
    builds: { type: 'string', default: join(kRoot, 'build') },
    models: { type: 'string', default: process.env.CONVSCOPE_MODELS ?? join(kRoot, 'build/models') },
  },
});

const kRounds = options.quick ? 6 : 20;
const kBurstMs = options.quick ? 80 : 200; // of measured runs in one turn
const kSlowMs = 1500; // what takes longer takes part in every fourth round only
const kVerySlowMs = 6000; // and what takes longer than this is timed twice, in the first round
const kPauseMs = 40; // between turns, so that the last one's threads have gone to sleep

// To reach, as ratios of medians at equal numbers of threads.
const kTargets = [
  { network: 'squeezenet-1.0', operation: 'forward', peer: 'ONNX Runtime Web', most: 0.65 },
  { network: 'efficientnet-lite0', operation: 'forward', peer: 'ONNX Runtime Web', most: 0.55 },
  { network: 'mobilenet-v2', operation: 'forward', peer: 'ONNX Runtime Web', most: 0.55 },
  { network: 'resnet18', operation: 'forward', peer: 'ONNX Runtime Web', most: 0.5 },
  { network: 'vgg16-body', operation: 'forward', peer: 'ONNX Runtime Web', most: 0.45 },
  { operation: 'gradient', peer: 'TensorFlow.js', most: 0.12 }, // every network
];
const kGradientToForward = 2.2; // our own gradient, at most this many forward passes
const kVggOfPeak = 1.5; // effective GFLOP/s of VGG-16's body, of the multiply-add peak
const kArenaToLowerBound = 1.15;
// Beside the weights as they are stored: Winograd's form of all of them and a little padding, for each direction that has run.
const kPackedToStored = { forward: 4.1, gradient: 8.2 };
const kTwoThreadsIdle = 1 / 1.7, kTwoThreadsBusy = 1.1; // of one thread's time, by how busy the other core is
const kBusyNetwork = 'squeezenet-1.0';

function contestants() {
  const threads = [1, 2].filter((count) => count <= cpus().length);
  const list = [], words = options.systems?.split(',');
  for (const simd of ['relaxed', 'simd']) {
    for (const count of threads) {
      const build = count === 1 ? simd : `${simd}-threads`;
      list.push({ name: `ConvScope ${simd}`, threads: count, script: 'convscope', ours: simd === 'relaxed', options: { build } });
    }
  }
  if (options.profile) return list.filter(({ ours }) => ours);
  for (const count of threads) list.push({ name: 'ONNX Runtime Web', threads: count, script: 'ort', options: {} });
  for (const count of threads) list.push({ name: 'TensorFlow.js', threads: count, script: 'tfjs', options: {} });
  for (const count of threads) {
    const build = count === 1 ? 'relaxed' : 'relaxed-threads';
    list.push({ name: "ConvScope's page engine", threads: count, script: 'product', options: { build } });
  }
  return list.filter(({ ours, name }) => ours || words === undefined || words.some((word) => name.includes(word)));
}

const can = ({ script }, operation) => operation === 'forward' || script === 'convscope' || script === 'tfjs';
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const note = (text) => process.stderr.write(`${text}\n`);

// How far two answers are apart: of the largest value, as relative L2 norm, and the cosine between them.
function difference(got, want) {
  let worst = 0, largest = 0, apart = 0, own = 0, other = 0, inner = 0;
  for (let i = 0; i < want.length; ++i) {
    worst = Math.max(worst, Math.abs(got[i] - want[i]));
    largest = Math.max(largest, Math.abs(want[i]));
    apart += (got[i] - want[i]) ** 2;
    own += got[i] ** 2;
    other += want[i] ** 2;
    inner += got[i] * want[i];
  }
  return { maximum: worst / largest, l2: Math.sqrt(apart / other), cosine: inner / Math.sqrt(own * other) };
}

class Match {
  constructor(browser, network) {
    this.page = browser.page;
    this.network = network;
    this.list = [];
  }
  ask(contestant, ...call) {
    return this.page.evaluate(([name, parameters]) => globalThis.ask(name, ...parameters), [contestant.key, call]);
  }
  async open() {
    for (const contestant of contestants()) {
      contestant.key = `${contestant.name}/${contestant.threads}`;
      const parameters = { network: this.network, threads: contestant.threads, gradient_layer: this.network.gradient_layer, ...contestant.options };
      try {
        await this.page.evaluate(([key, script]) => globalThis.start(key, script), [contestant.key, `/build/bench/page/${contestant.script}_worker.js`]);
        contestant.facts = await this.ask(contestant, 'open', parameters);
      } catch (error) {
        throw new Stop(`${contestant.key} with ${this.network.id}: ${error.message}`);
      }
      if (contestant.facts.threads !== contestant.threads) throw new Stop(`${contestant.key} runs with ${contestant.facts.threads} threads`);
      this.list.push(contestant);
    }
  }
  async close() {
    for (const { key } of this.list) await this.page.evaluate((name) => globalThis.stop(name), key);
  }
  get ours() {
    return this.list.find(({ ours }) => ours);
  }

  // A benchmark of a wrong answer is void.
  async verify(operation) {
    const want = await this.ask(this.ours, 'answer', operation);
    const found = [];
    for (const contestant of this.list) {
      if (contestant === this.ours || contestant.script === 'product' || !can(contestant, operation)) continue;
      const apart = difference(await this.ask(contestant, 'answer', operation), want);
      // A gradient may differ by one flipped switch of a max-pool; logits may not.
      const wrong = operation === 'forward' ? !(apart.maximum < 1e-3) : !(apart.l2 < 2e-2 && apart.cosine > 0.9995);
      if (wrong) throw new Stop(`${contestant.key} and ${this.ours.key} disagree on ${operation} of ${this.network.id}: ${JSON.stringify(apart)}`);
      found.push({ name: contestant.key, ...apart });
    }
    const worst = operation === 'forward' ? Math.max(0, ...found.map(({ maximum }) => maximum)) : Math.max(0, ...found.map(({ l2 }) => l2));
    note(`${this.network.id} ${operation}: ${found.length + 1} answers agree, ${operation === 'forward' ? 'relative to the largest logit' : 'relative L2'} within ${worst.toExponential(1)}`);
    return found;
  }

  async turn(contestant, operation) {
    await pause(kPauseMs);
    const record = contestant.record;
    if (contestant.script === 'tfjs') await this.ask(contestant, 'fallbacks');
    const count = record.pace === undefined ? 1 : Math.max(1, Math.min(8, Math.round(kBurstMs / record.pace)));
    const [, ...times] = await this.ask(contestant, 'time', operation, 1 + count); // the first one after a pause is cold
    record.pace = median(times);
    if (contestant.script === 'tfjs') {
      for (const [kernel, { ms: spent }] of Object.entries(await this.ask(contestant, 'fallbacks'))) (record.fallbacks[kernel] ??= []).push(spent / (1 + count));
    }
    return times;
  }

  // Means of our own forward runs while another worker keeps one core busy; means, because a thread count that adapts
  // pays now and then to look whether it still should.
  async measure_busy() {
    const list = this.list.filter(({ ours }) => ours);
    await this.page.evaluate(() => { globalThis.busy = new Worker(URL.createObjectURL(new Blob(['for (;;);']))); });
    for (const contestant of list) contestant.record = { times: [], fallbacks: {} };
    for (let round = -3; round < kRounds; ++round) { // it notices in the first rounds
      for (const contestant of list) {
        const times = await this.turn(contestant, 'forward');
        if (round >= 0) contestant.record.times.push(...times);
      }
    }
    await this.page.evaluate(() => globalThis.busy.terminate());
    const mean = ({ times }) => times.reduce((sum, each) => sum + each, 0) / times.length;
    return list.map(({ threads, record }) => ({ threads, mean: mean(record) }));
  }

  async measure(operation) {
    const list = this.list.filter((contestant) => can(contestant, operation));
    const peaks = [];
    for (const contestant of list) contestant.record = { times: [], fallbacks: {} };
    for (let round = -1; round < kRounds; ++round) { // round -1 warms up
      peaks.push(...(await this.ask(this.ours, 'peaks', 3)));
      for (const contestant of list) {
        if (round > 0 && (round % 4 !== 0 || contestant.record.pace > kVerySlowMs) && contestant.record.pace > kSlowMs) continue;
        const times = await this.turn(contestant, operation);
        if (round >= 0) contestant.record.times.push(...times);
      }
      if (process.stderr.isTTY) process.stderr.write(`\r${this.network.id} ${operation}: round ${round + 1} of ${kRounds}, load ${loadavg()[0].toFixed(1)} \x1b[K`);
    }
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    const flops = this.ours.facts.flops[operation];
    const rows = list.map(({ name, threads, ours, script, record }) => ({
      name, threads, ours, ...summary(record.times), flops: script === 'product' ? undefined : flops,
      fallbacks: Object.entries(record.fallbacks).map(([kernel, spent]) => ({ kernel, ms: median(spent) })),
      times: record.times,
    }));
    return { network: this.network.id, layer: this.network.gradient_layer, memory: this.ours.facts.memory[operation], operation, flops, peak_gflops: Math.max(...peaks), rows };
  }
}

function judge(results) {
  const said = [];
  for (const { network, operation, rows, flops, peak_gflops, memory } of results) {
    const ours = rows.filter((row) => row.ours);
    for (const target of kTargets.filter((each) => (each.network ?? network) === network && each.operation === operation)) {
      for (const own of ours) {
        const peer = rows.find(({ name, threads }) => name === target.peer && threads === own.threads);
        if (peer === undefined) continue;
        const ratio = own.median / peer.median;
        said.push({ what: `${network} ${operation}, ${own.threads} thread${own.threads > 1 ? 's' : ''}: ${ratio.toFixed(3)} × ${target.peer}`, want: `at most ${target.most}`, reached: ratio <= target.most });
      }
    }
    for (const own of ours) {
      const forward = results.find((each) => each.network === network && each.operation === 'forward')?.rows.find((row) => row.ours && row.threads === own.threads);
      if (operation !== 'gradient' || forward === undefined) continue;
      const ratio = own.median / forward.median;
      said.push({ what: `${network} gradient, ${own.threads} thread${own.threads > 1 ? 's' : ''}: ${ratio.toFixed(2)} × our own forward`, want: `at most ${kGradientToForward}`, reached: ratio <= kGradientToForward });
    }
    if (network === 'vgg16-body' && operation === 'forward') {
      const ratio = flops / ours[0].median / 1e6 / peak_gflops;
      said.push({ what: `${network} forward, 1 thread: ${ratio.toFixed(2)} × the multiply-add peak`, want: `at least ${kVggOfPeak}`, reached: ratio >= kVggOfPeak });
    }
    const fill = memory.arena / memory.lower_bound;
    said.push({ what: `${network} ${operation}: arena ${fill.toFixed(3)} × its lower bound`, want: `at most ${kArenaToLowerBound}`, reached: fill <= kArenaToLowerBound });
    const packed = memory.packed / memory.parameters;
    if (kPackedToStored[operation] !== undefined) said.push({ what: `${network} ${operation}: packed so far ${packed.toFixed(2)} × the stored weights`, want: `at most ${kPackedToStored[operation]}`, reached: packed <= kPackedToStored[operation] });
    if (ours.length === 2) {
      const ratio = ours[1].median / ours[0].median;
      said.push({ what: `${network} ${operation}: two threads take ${ratio.toFixed(2)} of one's time`, want: `at most ${kTwoThreadsIdle.toFixed(2)} on an idle machine`, reached: ratio <= kTwoThreadsIdle });
    }
  }
  return said;
}

function print(result) {
  const { layer } = result;
  const what = result.operation === 'forward' ? 'forward' : `gradient of mean(${layer}²) to the pixels`;
  console.log(`\n${result.network}, ${what}: ${(result.flops / 1e9).toFixed(2)} GFLOP; multiply-add peak ${result.peak_gflops.toFixed(1)} GFLOP/s a thread`);
  console.log(times_table(result.rows, result.peak_gflops));
  const { arena, lower_bound, packed, parameters } = result.memory;
  const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(`Memory: arena ${mb(arena)} where ${mb(lower_bound)} are alive at once; weights ${mb(parameters)} as stored, ${mb(packed)} as packed so far.`);
  for (const { name, threads, median: whole, fallbacks } of result.rows) {
    for (const { kernel, ms: spent } of fallbacks) {
      console.log(`${name}, ${threads} thread(s): its WebAssembly backend has no ${kernel}; its own JavaScript kernel ran instead, ${ms(spent)} of ${ms(whole)} ms.`);
    }
  }
}

async function profile(match, operations) {
  const steps = {};
  for (const contestant of match.list) {
    for (const operation of operations) {
      await match.ask(contestant, 'time', operation, 3);
      const peak = Math.max(...(await match.ask(match.ours, 'peaks', 20))) * contestant.threads;
      const profiled = await match.ask(contestant, 'profile', operation, options.quick ? 9 : 25);
      console.log(`\n${match.network.id}, ${operation}, ${contestant.key}, peak ${peak.toFixed(1)} GFLOP/s\n${profile_table(profiled, peak)}`);
      steps[`${contestant.key} ${operation}`] = profiled;
    }
  }
  return steps;
}

async function main() {
  if (options.help) return console.log(kHelp);
  const networks = export_networks(options.models).filter(({ id }) => options.network === undefined || id === options.network);
  if (options.export) return note(`build/bench has ${networks.map(({ base }) => `${base}.onnx`).join(' ')}`);
  if (networks.length === 0) throw new Stop(`there is no network ${options.network ?? 'in the catalog'}; ${options.models} has none of that name`);
  const operations = ['forward', 'gradient'].filter((name) => options.operation === undefined || name === options.operation);
  for (const { options: { build }, script } of contestants()) {
    const file = join(options.builds, `wasm-${build ?? ''}`, script === 'product' ? `engine-${build}.wasm` : 'engine_bench.wasm');
    if (build !== undefined && !existsSync(file)) throw new Stop(`${file} is missing; ./dev bench makes it, or --builds says where it is`);
  }
  const browser = await open_browser(options);
  const report = { when: new Date().toISOString(), chromium: browser.version, processor: cpus()[0].model, cores: cpus().length, boosted: options.boost, load: { before: loadavg() }, results: [] };
  try {
    for (const network of networks) {
      const match = new Match(browser, network);
      await match.open();
      report.peers ??= Object.fromEntries(match.list.filter(({ facts }) => facts.version).map(({ name, facts }) => [name, facts.version]));
      if (options.profile) (report.profiles ??= {})[network.id] = await profile(match, operations);
      for (const operation of options.profile ? [] : operations) {
        const agreement = await match.verify(operation);
        const result = { ...(await match.measure(operation)), agreement };
        print(result);
        report.results.push(result);
      }
      if (!options.profile && network.id === kBusyNetwork) report.busy = await match.measure_busy();
      await match.close();
    }
  } finally {
    await browser.close();
  }
  report.load.after = loadavg();
  report.targets = judge(report.results);
  if (report.busy?.length === 2) {
    const [one, two] = report.busy;
    const ratio = two.mean / one.mean;
    report.targets.push({ what: `${kBusyNetwork} forward beside a busy core: two threads take ${ratio.toFixed(2)} of one's ${ms(one.mean)} ms (means)`, want: `at most ${kTwoThreadsBusy}`, reached: ratio <= kTwoThreadsBusy });
  }
  for (const { what, want, reached } of report.targets) console.log(`${reached ? 'reached' : 'MISSED '}  ${what} (${want})`);
  const load = ({ before, after }) => `${before[0].toFixed(1)} before, ${after[0].toFixed(1)} after`;
  console.log(`\n${report.processor}, ${report.cores} cores, load ${load(report.load)}${options.boost ? ', browser at raised priority' : ''}; Chromium ${report.chromium}${Object.entries(report.peers ?? {}).map(([name, version]) => `, ${name} ${version}`).join('')}`);
  writeFileSync(join(kOut, options.profile ? 'profile.json' : 'latest.json'), `${JSON.stringify(report, null, 1)}\n`);
  if (options.check && report.targets.some(({ reached }) => !reached)) process.exitCode = 1;
}

main().catch((error) => {
  console.error(error instanceof Stop ? error.message : error);
  process.exitCode = 1;
});
