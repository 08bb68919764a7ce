import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choose_build, default_threads, kMaxThreads, type BuildInput } from '../../web/src/choose_build.ts';

const kModern: BuildInput = {
  simd: true,
  relaxed_simd: true,
  threads: true,
  isolation: 'isolated',
  cores: 8,
  build_parameter: null,
  threads_parameter: null,
};

// [what differs from kModern, build, threads, a word of the reason in English]
const kTable: [Partial<BuildInput>, string | null, number, RegExp][] = [
  [{}, 'relaxed-threads', 7, /7 threads of 8 cores/],
  [{ relaxed_simd: false }, 'simd-threads', 7, /no relaxed SIMD: everything works.*newer browser/],
  [{ threads: false }, 'relaxed', 1, /no WebAssembly threads. Everything works.*newer browser/],
  [{ threads: false, relaxed_simd: false }, 'simd', 1, /no relaxed SIMD.*no WebAssembly threads/],
  [{ simd: false }, null, 0, /./],
  [{ simd: false, relaxed_simd: false, threads: false }, null, 0, /./],
  [{ isolation: 'frame' }, 'relaxed', 1, /inside a frame.*Open the page in its own tab/],
  [{ isolation: 'no-service-worker' }, 'relaxed', 1, /service workers are not available.*Open the page over HTTPS/],
  [{ isolation: 'service-worker-off' }, 'relaxed', 1, /\?sw=off.*Take it out of the address/],
  [{ isolation: 'failed' }, 'relaxed', 1, /could not be isolated.*Reload it/],
  [{ isolation: 'failed', relaxed_simd: false }, 'simd', 1, /no relaxed SIMD.*could not be isolated/],
  [{ cores: 1 }, 'relaxed-threads', 1, /one core/],
  [{ cores: 2 }, 'relaxed-threads', 1, /One thread of 2 cores/],
  [{ cores: 3 }, 'relaxed-threads', 2, /2 threads of 3 cores/],
  [{ cores: 64 }, 'relaxed-threads', kMaxThreads, /more do not pay/],
  [{ threads_parameter: '2' }, 'relaxed-threads', 2, /\?threads=/],
  [{ threads_parameter: '1' }, 'relaxed-threads', 1, /\?threads=/],
  [{ threads_parameter: '0' }, 'relaxed-threads', 7, /7 threads of 8/],
  [{ threads_parameter: 'many' }, 'relaxed-threads', 7, /7 threads of 8/],
  [{ threads_parameter: '4', isolation: 'frame' }, 'relaxed', 1, /inside a frame/],
  [{ build_parameter: 'simd' }, 'simd', 1, /Build simd, as \?build= asks/],
  [{ build_parameter: 'relaxed' }, 'relaxed', 1, /as \?build= asks/],
  [{ build_parameter: 'simd-threads', threads_parameter: '3' }, 'simd-threads', 3, /as \?build= asks.*as \?threads=/],
  [{ build_parameter: 'relaxed-threads', isolation: 'frame' }, 'relaxed', 1, /cannot run \?build=relaxed-threads.*frame/],
  [{ build_parameter: 'relaxed', relaxed_simd: false }, 'simd-threads', 7, /cannot run \?build=relaxed/],
  [{ build_parameter: 'avx' }, 'relaxed-threads', 7, /no build of the name/],
];

for (const [difference, build, threads, reason] of kTable) {
  test(`build for ${JSON.stringify(difference)}`, () => {
    const choice = choose_build({ ...kModern, ...difference });
    if (build === null) {
      assert.equal(choice, null);
      return;
    }
    assert.ok(choice);
    assert.equal(choice.build, build);
    assert.equal(choice.threads, threads);
    assert.match(choice.reason.en, reason);
    assert.ok(/[\u4e00-\u9fff]/.test(choice.reason.zh), 'the reason is given in Chinese too');
  });
}

test('every combination gets a build that can run, and a sentence in both languages', () => {
  const yes_no = [true, false];
  const isolations = ['isolated', 'frame', 'no-service-worker', 'service-worker-off', 'failed'] as const;
  for (const relaxed_simd of yes_no)
    for (const threads of yes_no)
      for (const isolation of isolations)
        for (const build_parameter of [null, 'simd', 'simd-threads', 'relaxed', 'relaxed-threads', 'x'])
          for (const cores of [1, 2, 4, 128]) {
            const choice = choose_build({ ...kModern, relaxed_simd, threads, isolation, build_parameter, cores });
            assert.ok(choice);
            if (!relaxed_simd) assert.ok(!choice.build.startsWith('relaxed'));
            if (!threads || isolation !== 'isolated') assert.ok(!choice.build.endsWith('threads'));
            if (!choice.build.endsWith('threads')) assert.equal(choice.threads, 1);
            assert.ok(choice.threads >= 1 && choice.threads <= kMaxThreads);
            assert.ok(choice.reason.en.length > 0 && choice.reason.zh.length > 0);
          }
});

test('threads by default leave a core to the page', () => {
  assert.deepEqual([1, 2, 4, 9, 16].map(default_threads), [1, 1, 3, 8, 8]);
});
