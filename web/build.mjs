// Puts the static site together: bundles the TypeScript, gives every file its content's hash in its address, and
// writes index.html with the sizes that progress bars need. Usage: node web/build.mjs --out DIR [--key DIR …] [--fast]
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import * as esbuild from 'esbuild';

const web = dirname(fileURLToPath(import.meta.url));
const root = dirname(web);
const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'build/site') },
    page: { type: 'string', default: join(root, 'build/wasm-page') }, // page.js, page.wasm
    engines: { type: 'string', default: join(root, 'build') }, // wasm-BUILD/engine-BUILD.{js,wasm}
    models: { type: 'string', default: join(root, 'build/models') }, // catalog.json, samples.json, labels, files
    fonts: { type: 'string', default: join(root, 'build/fonts') },
    cache: { type: 'string', default: join(root, 'build/compressed') }, // compressed copies by content
    fast: { type: 'boolean', default: false }, // light compression, for trying things out
  },
});
const out = resolve(options.out);
const kBuilds = ['simd', 'simd-threads', 'relaxed', 'relaxed-threads'];

const files = {}; // what the page calls a file → { url, bytes }
const written = new Set();

function fail(message) {
  console.error(`web/build.mjs: ${message}`);
  process.exit(1);
}

const hash_of = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 10);

async function write(path, bytes) {
  const target = join(out, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, bytes);
  written.add(path);
}

// Beside what gains from it, compressed copies for hosts that send them.
async function write_compressed(path, bytes) {
  await write(path, bytes);
  const probe = await promisify(gzip)(bytes, { level: 1 });
  if (bytes.length < 256 || probe.length > 0.95 * bytes.length) return;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: options.fast ? 5 : 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    [constants.BROTLI_PARAM_LGWIN]: 22,
  };
  await Promise.all([
    cached(bytes, options.fast ? 'fast.br' : 'br', () => promisify(brotliCompress)(bytes, { params })).then((b) => write(`${path}.br`, b)),
    cached(bytes, options.fast ? 'fast.gz' : 'gz', () => promisify(gzip)(bytes, { level: options.fast ? 6 : 9 })).then((b) => write(`${path}.gz`, b)),
  ]);
}

async function cached(bytes, suffix, make) {
  const path = join(options.cache, `${createHash('sha256').update(bytes).digest('hex')}.${suffix}`);
  if (existsSync(path)) return readFile(path);
  const made = await make();
  await mkdir(options.cache, { recursive: true });
  await writeFile(path, made);
  return made;
}

// The file keeps its name, in a folder named after its content: Emscripten's threads look for their own script by name.
async function add(name, path) {
  if (!existsSync(path)) fail(`${relative(root, path)} is missing; build it first (./dev build)`);
  const bytes = await readFile(path);
  const url = `assets/${hash_of(bytes)}/${basename(path)}`;
  files[name] = { url, bytes: bytes.length };
  await write_compressed(url, bytes);
}

async function bundle() {
  const common = {
    bundle: true, minify: true, format: 'esm', target: ['es2022'], legalComments: 'none', write: false, absWorkingDir: root,
  };
  const pages = await esbuild.build({
    ...common,
    entryPoints: [join(web, 'src/main.ts'), join(web, 'src/engine_worker.ts')],
    splitting: true, outdir: out, entryNames: 'assets/[name]-[hash]', chunkNames: 'assets/[name]-[hash]',
  });
  for (const file of pages.outputFiles) {
    const path = relative(out, file.path);
    const entry = basename(path).match(/^(main|engine_worker)-/);
    files[entry ? `${entry[1]}.js` : basename(path)] = { url: path, bytes: file.contents.length };
    await write_compressed(path, file.contents);
  }
  const worker = await esbuild.build({ ...common, entryPoints: [join(web, 'src/sw.ts')], format: 'iife', outdir: out });
  await write_compressed('sw.js', worker.outputFiles[0].contents);
}

async function read_json(path) {
  if (!existsSync(path)) fail(`${relative(root, path)} is missing; build the models first (./dev build)`);
  return JSON.parse(await readFile(path, 'utf8'));
}

// What `./dev models add` has added; its own catalog, because the other one is written anew by every build.
async function added_models() {
  const path = join(options.models, 'added.json');
  const { models } = existsSync(path) ? await read_json(path) : { models: [] };
  return models.filter((model) => existsSync(join(options.models, model.file))).map((model) => ({ ...model, available: true }));
}

async function models() {
  const catalog = await read_json(join(options.models, 'catalog.json'));
  const entries = [];
  for (const model of [...catalog.models, ...(await added_models())]) {
    const path = join(options.models, model.file);
    const available = model.available && existsSync(path);
    if (available) {
      await add(model.file, path);
      const digest = createHash('sha256').update(await readFile(path)).digest('hex');
      if (digest !== model.sha256) fail(`${model.file} has SHA-256 ${digest}, the catalog wants ${model.sha256}`);
    }
    entries.push({
      id: model.id, title: model.title, file: available ? model.file : '', format: model.file.split('.').at(-1),
      input: `${model.input.width} × ${model.input.height}`, bytes: model.bytes ?? model.origin.bytes, sha256: model.sha256, top1: model.accuracy.imagenet.top1,
      licence: model.licence, available, reason: available ? { en: '', zh: '' } : model.reason,
    });
  }
  return entries;
}

async function samples() {
  const list = await read_json(join(options.models, 'samples/samples.json'));
  const entries = [];
  for (const sample of list.samples) {
    const name = `samples/${sample.file}`;
    await add(name, join(options.models, name));
    entries.push({
      id: sample.id, title: sample.title, credit: sample.credit, file: name, width: sample.width, height: sample.height,
    });
  }
  return entries;
}

// Where a reader finds the repository's files: given, or what GitHub's workflows say of themselves.
function source_url() {
  const { CONVSCOPE_SOURCE, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_SHA } = process.env;
  if (CONVSCOPE_SOURCE) return CONVSCOPE_SOURCE.replace(/\/?$/, '/');
  return GITHUB_REPOSITORY && GITHUB_SHA ? `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/blob/${GITHUB_SHA}/` : '';
}

async function page_html(manifest) {
  const template = await readFile(join(web, 'index.html'), 'utf8');
  const css = await esbuild.transform(await readFile(join(web, 'style.css'), 'utf8'), { loader: 'css', minify: true });
  const preloads = [
    `<link rel="modulepreload" href="${files['page.js'].url}">`,
    `<link rel="preload" as="fetch" crossorigin href="${files['page.wasm'].url}">`,
  ];
  const parts = {
    style: css.code.trim(),
    manifest: JSON.stringify(manifest).replaceAll('<', '\\u003c'),
    main: files['main.js'].url,
    preloads: preloads.join('\n'),
  };
  return template.replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
}

async function remove_stale(folder = '') {
  for (const entry of await readdir(join(out, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await remove_stale(path);
      if ((await readdir(join(out, path))).length === 0) await rm(join(out, path), { recursive: true });
    } else if (!written.has(path)) {
      await rm(join(out, path));
    }
  }
}

async function main() {
  await mkdir(out, { recursive: true });
  await bundle();
  await add('page.js', join(options.page, 'page.js'));
  await add('page.wasm', join(options.page, 'page.wasm'));
  for (const build of kBuilds) {
    for (const kind of ['js', 'wasm']) {
      await add(`engine-${build}.${kind}`, join(options.engines, `wasm-${build}`, `engine-${build}.${kind}`));
    }
  }
  const fonts = (await readdir(options.fonts)).filter((name) => /\.(otf|ttf)$/.test(name)).sort();
  for (const font of fonts) await add(`font-${font}`, join(options.fonts, font));
  for (const labels of ['labels.en.txt', 'labels.zh.txt']) await add(labels, join(options.models, labels));
  const model_entries = await models();
  const sample_entries = await samples();
  const manifest = {
    version: hash_of(Buffer.from(JSON.stringify(files))),
    files,
    models: model_entries,
    samples: sample_entries,
    default_model: (model_entries.find((model) => model.available) ?? model_entries[0]).id, // SqueezeNet, where it could be had
    default_sample: sample_entries.find((sample) => sample.id === 'chelsea')?.id ?? sample_entries[0].id,
    source: source_url(),
  };
  await write_compressed('index.html', Buffer.from(await page_html(manifest)));
  await write('.nojekyll', Buffer.alloc(0)); // GitHub Pages: serve the files as they are
  await remove_stale();
  const total = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
  console.log(`${relative(process.cwd(), out) || '.'}: ${Object.keys(files).length} files, ${(total / 1e6).toFixed(1)} MB, version ${manifest.version}`);
  if (!(await stat(join(out, 'index.html'))).isFile()) fail('index.html was not written');
}

await main();
