// What has to be there before anything is measured: the networks in the peers' formats, the bundled workers, a server
// with the headers that threads need, and a browser.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setPriority } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { chromium } from 'playwright-core';

const kHere = dirname(fileURLToPath(import.meta.url));
export const kRoot = join(kHere, '../..');
export const kOut = join(kRoot, 'build/bench');

export class Stop extends Error {}

function run(command, parameters, environment = {}) {
  const done = spawnSync(command, parameters, { encoding: 'utf8', env: { ...process.env, ...environment } });
  if (done.status !== 0) throw new Stop(`${command} ${parameters.join(' ')} failed:\n${done.stdout}${done.stderr}`);
}

const hash_of = (...files) => files.reduce((hash, file) => hash.update(readFileSync(file)), createHash('sha256')).digest('hex');

// The exporter needs a few packages more than the rest of set-up; they go to a folder of their own.
function python_packages(python) {
  const folder = join(kOut, 'python');
  const wanted = ['onnx', 'protobuf', 'ml_dtypes', 'typing_extensions'];
  const tools = join(kRoot, 'models/requirements-tools.txt');
  const key = hash_of(tools);
  if (existsSync(join(folder, key))) return folder;
  const entries = readFileSync(tools, 'utf8').split(/\n(?=\S)/).filter((entry) => wanted.includes(entry.split('==')[0]));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(kOut, 'requirements.txt'), `${entries.join('\n')}\n`);
  run(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps', '--require-hashes', '--only-binary', ':all:',
    '--upgrade', '--target', folder, '-r', join(kOut, 'requirements.txt')]);
  writeFileSync(join(folder, key), '');
  return folder;
}

// Answers the list of networks, [{ id, base, url, format, size, gradient_layer }].
export function export_networks(models) {
  mkdirSync(kOut, { recursive: true });
  const list = join(kOut, 'networks.json');
  const stamp = join(kOut, 'networks.key');
  const catalog = join(models, 'catalog.json');
  if (!existsSync(catalog)) throw new Stop(`${catalog} is missing; run ./dev models first`);
  const files = JSON.parse(readFileSync(catalog, 'utf8')).models.map(({ file }) => join(models, file)).filter((file) => existsSync(file));
  const script = join(kHere, 'export_networks.py');
  const key = hash_of(script, join(kHere, 'random_networks.py'), join(kRoot, 'models/export_onnx.py'), ...files);
  if (!existsSync(list) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== key) {
    const python = process.env.CONVSCOPE_BENCH_PYTHON ?? join(kRoot, 'build/deps/python/bin/python');
    const path = process.env.CONVSCOPE_BENCH_PYTHON === undefined ? python_packages(python) : '';
    run(python, [script, '--models', models, '--out', kOut], { PYTHONPATH: path });
    writeFileSync(stamp, key);
  }
  return JSON.parse(readFileSync(list, 'utf8'));
}

async function bundle() {
  const entries = ['convscope_worker.mjs', 'ort_worker.mjs', 'tfjs_worker.mjs', 'product_worker.mjs'].map((name) => join(kHere, 'page', name));
  await esbuild.build({
    entryPoints: [...entries, join(kRoot, 'web/src/engine_worker.ts')],
    bundle: true, format: 'esm', target: ['es2022'], outdir: join(kOut, 'page'), outbase: undefined, entryNames: '[name]',
    external: ['/npm/*'], nodePaths: [join(kHere, 'node_modules')], logLevel: 'error', define: { 'process.env.NODE_ENV': '"production"' },
  });
}

const kTypes = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
const kPage = `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,"><script type="module">
const contestants = new Map();
function answer(worker) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => ('error' in data ? reject(new Error(data.error)) : resolve(data.result));
    worker.onerror = (event) => reject(new Error(event.message || 'the worker did not start'));
  });
}
globalThis.start = async (name, script) => {
  const worker = new Worker(script, { type: 'module' });
  contestants.set(name, worker);
  await answer(worker);
};
globalThis.ask = (name, call, ...parameters) => {
  const worker = contestants.get(name);
  const result = answer(worker);
  worker.postMessage({ call, parameters });
  return result.then((value) => (value instanceof Float32Array ? [...value] : value));
};
globalThis.stop = (name) => {
  contestants.get(name).terminate();
  contestants.delete(name);
};
</script>`;

function start_server(folders) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    if (path === '/') {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(kPage);
      return;
    }
    const prefix = Object.keys(folders).find((each) => path.startsWith(each));
    const file = prefix === undefined ? '' : join(folders[prefix], path.slice(prefix.length));
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': kTypes[extname(file)] ?? 'application/octet-stream', 'Content-Length': statSync(file).size });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

// Gives the browser's processes more weight than what else runs. It has a session of its own, so its niceness would not
// count where the kernel shares the processor between sessions; that of the session does.
function raise_priority(pid) {
  try {
    setPriority(pid, -15);
    if (existsSync(`/proc/${pid}/autogroup`)) writeFileSync(`/proc/${pid}/autogroup`, '-15');
  } catch (error) {
    throw new Stop(`--boost could not raise the browser's priority (${error.message}); it needs root`);
  }
}

// A page that can start contestants: { page, version, close }.
export async function open_browser({ models, builds, boost }) {
  await bundle();
  const server = await start_server({
    '/models/': models, '/builds/': builds, '/build/bench/': kOut, '/npm/': join(kHere, 'node_modules'),
  });
  const launched = await chromium.launchServer({
    headless: true, executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
  try {
    if (boost) raise_priority(launched.process().pid);
  } catch (error) {
    server.close();
    await launched.close();
    throw error;
  }
  const browser = await chromium.connect(launched.wsEndpoint());
  const page = await browser.newPage();
  page.on('console', (message) => {
    if (process.env.CONVSCOPE_BENCH_VERBOSE !== undefined || message.type() === 'error') console.error(`[page] ${message.text()}`);
  });
  await page.goto(`http://localhost:${server.address().port}/`);
  if (!(await page.evaluate(() => globalThis.crossOriginIsolated))) throw new Stop('the page is not isolated: threads cannot be measured');
  return {
    page,
    version: browser.version(),
    async close() {
      await browser.close();
      await launched.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
