import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { shared_memory, type CreateMemory } from '../../web/src/shared_memory.ts';

const kMagic = [0, 97, 115, 109, 1, 0, 0, 0];
const kWithout = new WebAssembly.Module(Uint8Array.from(kMagic));
// One import, "a"."m": a shared memory of 64 MB at first and 4 GB at most.
const kWith = new WebAssembly.Module(Uint8Array.from([...kMagic, 2, 12, 1, 1, 97, 1, 109, 2, 3, 128, 8, 128, 128, 4]));

// A device that reserves so many pages and no more.
function device(pages: number): { asked: number[]; create: CreateMemory } {
  const asked: number[] = [];
  const create: CreateMemory = (descriptor) => {
    asked.push(descriptor.maximum!);
    if (descriptor.maximum! > pages) throw new RangeError('could not allocate memory');
    return new WebAssembly.Memory({ ...descriptor, maximum: 1024 });
  };
  return { asked, create };
}

test('a module without threads makes its own memory', () => {
  assert.equal(shared_memory(kWithout, device(65536).create), undefined);
});

test('the largest maximum that the device gives, and its own error where it gives none', () => {
  const large = device(65536), small = device(20000), none = device(100);
  assert.ok(shared_memory(kWith, large.create)!.buffer instanceof SharedArrayBuffer);
  assert.deepEqual(large.asked, [65536]);
  shared_memory(kWith, small.create);
  assert.deepEqual(small.asked, [65536, 32768, 16384]);
  assert.throws(() => shared_memory(kWith, none.create), /could not allocate memory/);
});

test('a module takes a memory with a smaller maximum than it declares', async () => {
  const memory = shared_memory(kWith, device(20000).create)!;
  await WebAssembly.instantiate(kWith, { a: { m: memory } });
});

test('the numbers are those the modules are linked with', () => {
  const linked = readFileSync(new URL('../../cmake/programs.cmake', import.meta.url), 'utf8');
  assert.match(linked, /-sINITIAL_MEMORY=64MB/);
  assert.match(linked, /-sMAXIMUM_MEMORY=4GB/);
});
