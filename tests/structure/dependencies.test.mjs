// Which folder of src/ may include which: the lines of cmake/libraries.cmake, and no way around them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, repository_files } from './support.mjs';

// folder → folders it may include, from `convscope_library(name dependency…)`.
function allowed_edges() {
  const direct = new Map();
  for (const [, name, rest] of read('cmake/libraries.cmake').matchAll(/^\s*convscope_library\((\w+)([^)]*)\)/gm)) {
    if (name !== 'name') direct.set(name, rest.trim().split(/\s+/).filter(Boolean));
  }
  // The programs: see cmake/programs.cmake.
  direct.set('page', ['ui', 'protocol']);
  direct.set('worker', ['engine']);
  direct.set('cli', ['engine']);
  const all = new Map();
  const reach = (name) => {
    if (!all.has(name)) {
      all.set(name, new Set([name]));
      for (const next of direct.get(name) ?? assert.fail(`cmake/libraries.cmake does not define ${name}`)) {
        for (const further of reach(next)) all.get(name).add(further);
      }
    }
    return all.get(name);
  };
  for (const name of direct.keys()) reach(name);
  return all;
}

const sources = repository_files().filter((path) => /^src\/.*\.(cpp|h|def)$/.test(path));
const includes = sources.flatMap((path) => [...read(path).matchAll(/^[ \t]*#[ \t]*include[ \t]+(["<])([^">]+)/gm)]
  .map(([, quote, file]) => ({ path, folder: path.split('/')[1], file, quote })));

test('every folder of src is a library or a program', () => {
  const edges = allowed_edges();
  for (const folder of new Set(sources.map((path) => path.split('/')[1]))) assert.ok(edges.has(folder), `src/${folder} is not in cmake/libraries.cmake`);
});

test('includes follow the dependency rules', () => {
  const edges = allowed_edges();
  const wrong = includes.filter(({ folder, file }) => edges.has(file.split('/')[0]) && file.includes('/') && !edges.get(folder)?.has(file.split('/')[0]));
  assert.deepEqual(wrong.map(({ path, file }) => `${path} includes ${file}`), []);
});

test('the rules themselves stand as designed', () => {
  const edges = allowed_edges();
  const never = (folder, ...others) => others.forEach((other) => assert.ok(!edges.get(folder).has(other), `${folder} must not reach ${other}`));
  assert.deepEqual([...edges.get('base')], ['base']);
  never('tensor', 'graph', 'kernels', 'image');
  never('graph', 'kernels', 'ops', 'runtime');
  never('kernels', 'graph', 'ops');
  never('ops', 'runtime', 'model', 'onnx');
  never('protocol', 'graph', 'kernels', 'runtime', 'ui');
  never('ui', 'graph', 'kernels', 'ops', 'runtime', 'model', 'engine');
  never('page', 'graph', 'kernels', 'ops', 'runtime', 'model', 'engine');
  never('engine', 'ui', 'page');
  never('cli', 'ui', 'page');
});

test('includes are written from src/', () => {
  assert.deepEqual(includes.filter(({ file, quote }) => quote === '"' && (file.startsWith('.') || (!file.includes('/') && !/^(imgui|stb_)/.test(file))))
    .map(({ path, file }) => `${path} includes ${file}`), []);
});

const kOnlyIn = {
  'xnnpack.h': ['kernels'], 'pthreadpool.h': ['kernels'], 'stb_image': ['image'], 'imgui': ['ui', 'page'],
  'emscripten': ['page', 'worker'], 'GLES3/': ['page'], 'filesystem': ['cli'],
};
for (const [header, folders] of Object.entries(kOnlyIn)) {
  test(`${header} is included only in ${folders.join(' and ')}`, () => {
    assert.deepEqual(includes.filter(({ folder, file }) => file.startsWith(header) && !folders.includes(folder)).map(({ path, file }) => `${path} includes ${file}`), []);
  });
}

test('a planted violation is found', () => {
  assert.ok(!allowed_edges().get('ui').has('engine'));
  assert.ok(allowed_edges().get('engine').has('kernels'));
});
