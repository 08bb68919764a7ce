// What the built modules hold: a browser validates a whole module, so one relaxed-SIMD instruction anywhere would keep
// the SIMD build from loading where it is needed most. Reads the sites' modules after ./dev build.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliCompressSync, constants } from 'node:zlib';
import { root } from './support.mjs';
import { module_of } from './wasm_reader.mjs';

const kBuilds = ['simd', 'simd-threads', 'relaxed', 'relaxed-threads'];
const kMegabyte = 1024 * 1024;
const paths = { page: 'build/wasm-page/page.wasm' };
for (const build of kBuilds) paths[build] = `build/wasm-${build}/engine-${build}.wasm`;

const modules = {};
function built(name, t) {
  const path = join(root, paths[name]);
  if (!existsSync(path)) {
    t.skip(`${paths[name]} is not built`);
    return null;
  }
  return (modules[name] ??= module_of(readFileSync(path)));
}

for (const build of kBuilds) {
  test(`engine-${build}: relaxed SIMD only where it belongs`, (t) => {
    const module = built(build, t);
    if (module === null) return;
    assert.ok(module.instructions > 100_000, `only ${module.instructions} instructions were read`);
    assert.ok(module.simd > 1000, 'no SIMD at all');
    if (build.startsWith('relaxed')) assert.ok(module.relaxed > 100, 'the relaxed build has no relaxed SIMD');
    else assert.equal(module.relaxed, 0);
  });

  test(`engine-${build}: shared memory exactly where there are threads`, (t) => {
    const module = built(build, t);
    if (module !== null) assert.equal(module.shared_memory, build.endsWith('-threads'));
  });
}

test('page: neither SIMD nor threads, for every browser', (t) => {
  const module = built('page', t);
  if (module === null) return;
  assert.equal(module.simd + module.relaxed, 0);
  assert.equal(module.shared_memory, false);
});

for (const name of Object.keys(paths)) {
  test(`${name}: at most 1 MB with brotli`, (t) => {
    if (built(name, t) === null) return;
    const bytes = brotliCompressSync(readFileSync(join(root, paths[name])), { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).length;
    t.diagnostic(`${bytes} bytes at brotli's quality 9`);
    assert.ok(bytes <= kMegabyte, `${bytes} bytes`);
  });
}

test('the reader itself sees relaxed SIMD', () => {
  // (func (param v128 v128 v128) (result v128) local.get 0 local.get 1 local.get 2 f32x4.relaxed_madd)
  const body = [0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 0x02, 0x0b];
  const bytes = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b, 3, 2, 1, 0, 10, body.length + 2, 1, body.length, ...body]);
  const module = module_of(bytes);
  assert.deepEqual([module.relaxed, module.simd, module.instructions], [1, 0, 5]);
});
