import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { detect_wasm } from '../../web/src/features.ts';
import { check_sentence, ModelStore } from '../../web/src/models.ts';
import type { Manifest } from '../../web/src/manifest.ts';
import { sha256 } from '../../web/src/sha256.ts';

const kFile = new TextEncoder().encode('a model');
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function manifest_for(sha: string): Manifest {
  return {
    version: '1',
    files: { m: { url: 'assets/m', bytes: kFile.length } },
    models: [
      {
        id: 'm',
        title: { en: 'Model', zh: '模型' },
        file: 'm',
        format: 'net',
        input: '8 × 8',
        bytes: kFile.length,
        sha256: sha,
        top1: null,
        licence: '',
        available: true,
        reason: { en: '', zh: '' },
      },
    ],
    samples: [],
    default_model: 'm',
    default_sample: '',
    source: '',
  };
}

async function with_fetch<T>(answers: Response[], run: () => Promise<T>): Promise<T> {
  const real = globalThis.fetch;
  globalThis.fetch = async () => answers.shift()!;
  try {
    return await run();
  } finally {
    globalThis.fetch = real;
  }
}

test('SHA-256 with and without the browser’s own', async () => {
  const bytes = new Uint8Array(100_000).map((_, i) => i);
  assert.equal(await sha256(bytes), digest(bytes));
  const own = Object.getOwnPropertyDescriptor(globalThis, 'crypto')!;
  Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true });
  try {
    assert.equal(await sha256(bytes), digest(bytes));
  } finally {
    Object.defineProperty(globalThis, 'crypto', own);
  }
});

test('a model that is what the catalog says is kept; its progress is told', async () => {
  const states: string[] = [];
  const store = new ModelStore(manifest_for(digest(kFile)), (_id, received, total, state) => states.push(`${state} ${received}/${total}`));
  await with_fetch([new Response(kFile)], async () => {
    assert.deepEqual(await store.get(store.entry('m')!), kFile);
    assert.deepEqual(await store.get(store.entry('m')!), kFile); // not asked for twice
  });
  assert.deepEqual(states, ['downloading 0/7', 'downloading 7/7', 'checking 7/7', 'ready 7/7']);
});

test('a model that is not fails with a sentence, and is fetched anew when tried again', async () => {
  const store = new ModelStore(manifest_for(digest(kFile)), () => {});
  await with_fetch([new Response('a mode!'), new Response(kFile)], async () => {
    await assert.rejects(store.get(store.entry('m')!), /not the one this page was built for/);
    assert.deepEqual(await store.get(store.entry('m')!), kFile);
  });
});

test('a server’s refusal is told as such', async () => {
  const store = new ModelStore(manifest_for(''), () => {});
  await with_fetch([new Response('gone', { status: 404 })], async () => {
    await assert.rejects(store.get(store.entry('m')!), /the server answered 404/);
  });
});

test('the sentence names sizes only where they differ', () => {
  const title = { en: 'Model', zh: '模型' };
  assert.match(check_sentence(title, 10, 7000).sentence.en, /10 B came, 7.0 kB were expected/);
  assert.doesNotMatch(check_sentence(title, 7000, 7000).sentence.en, /came/);
});

test('this machine’s WebAssembly is recognised', () => {
  // Node 20 has SIMD and threads; relaxed SIMD only behind a flag.
  assert.deepEqual(detect_wasm(), { simd: true, relaxed_simd: process.execArgv.includes('--experimental-wasm-relaxed-simd'), threads: true });
});
