// Which of the four engine builds runs here, on how many threads, and why: a pure function with a truth-table test.
import { text, type Text } from './text.ts';

export const kBuilds = ['simd', 'simd-threads', 'relaxed', 'relaxed-threads'] as const;
export type Build = (typeof kBuilds)[number];

// Why the page is or is not cross-origin isolated; decided by isolation.ts.
export type Isolation = 'isolated' | 'frame' | 'no-service-worker' | 'service-worker-off' | 'failed';

export interface BuildInput {
  simd: boolean;
  relaxed_simd: boolean;
  threads: boolean;
  isolation: Isolation;
  cores: number;
  build_parameter: string | null; // ?build=
  threads_parameter: string | null; // ?threads=
}

export interface BuildChoice {
  build: Build;
  threads: number;
  forced_threads: boolean; // asked for by the address: not adapted under load
  reason: Text;
}

// More threads than this no longer pay on these networks: the small late layers are bound by their barriers.
export const kMaxThreads = 8;

// One core is left to the page and the rest of the machine.
export function default_threads(cores: number): number {
  return Math.min(kMaxThreads, Math.max(1, Math.floor(cores) - 1));
}

const kWhyNoThreads: Record<Exclude<Isolation, 'isolated'>, Text> = {
  frame: text(
    'One thread: inside a frame this browser does not let the page share memory. Open the page in its own tab for more.',
    '单线程：此浏览器不允许框架内的页面共享内存。在单独的标签页中打开本页即可使用更多线程。',
  ),
  'no-service-worker': text(
    'One thread: the host sends no isolation headers, and service workers are not available here. Open the page over HTTPS in an ordinary window, not a private one, for more.',
    '单线程：服务器未发送隔离标头，且此处无法使用 Service Worker。请在普通（非隐私）窗口中通过 HTTPS 打开本页，即可使用更多线程。',
  ),
  'service-worker-off': text(
    'One thread: the host sends no isolation headers, and ?sw=off switched the service worker off. Take it out of the address for more.',
    '单线程：服务器未发送隔离标头，且 ?sw=off 关闭了 Service Worker。从地址中去掉它即可使用更多线程。',
  ),
  failed: text(
    'One thread: the page could not be isolated from other sites. Reload it, or open it in another browser, for more.',
    '单线程：本页未能与其他网站隔离。重新加载或换用其他浏览器即可使用更多线程。',
  ),
};

function parse_threads(parameter: string | null): number | null {
  if (parameter === null || !/^\d{1,3}$/.test(parameter)) return null;
  const count = Number(parameter);
  return count >= 1 ? Math.min(count, 64) : null;
}

function join(...parts: (Text | null)[]): Text {
  const there = parts.filter((part) => part !== null);
  return text(there.map((part) => part.en).join(' '), there.map((part) => part.zh).join(''));
}

function threads_sentence(threads: number, cores: number, forced: boolean): Text {
  if (forced) return text(`${threads} threads, as ?threads= asks.`, `按 ?threads= 的要求使用 ${threads} 个线程。`);
  if (cores <= 1) return text('One thread: this machine has one core.', '单线程：本机只有一个核心。');
  if (threads === kMaxThreads && cores > kMaxThreads + 1) {
    return text(`${threads} threads: more do not pay on these networks.`, `${threads} 个线程：对这些网络，更多线程没有收益。`);
  }
  if (threads === 1) {
    return text('One thread of 2 cores: the other keeps the page moving.', '2 个核心使用 1 个线程：另一个保持页面流畅。');
  }
  return text(
    `${threads} threads of ${cores} cores: one keeps the page moving.`,
    `${cores} 个核心使用 ${threads} 个线程：留一个保持页面流畅。`,
  );
}

// Null where the browser has no WebAssembly SIMD: no build can run.
export function choose_build(input: BuildInput): BuildChoice | null {
  if (!input.simd) return null;
  const can_thread = input.threads && input.isolation === 'isolated';
  const asked_threads = parse_threads(input.threads_parameter);
  const asked = kBuilds.find((build) => build === input.build_parameter) ?? null;
  const possible = (build: Build): boolean =>
    (input.relaxed_simd || !build.startsWith('relaxed')) && (can_thread || !build.endsWith('threads'));

  const speed = input.relaxed_simd ? 'relaxed' : 'simd';
  const best: Build = can_thread ? `${speed}-threads` : speed;
  const build = asked !== null && possible(asked) ? asked : best;
  const threaded = build.endsWith('threads');
  const threads = threaded ? (asked_threads ?? default_threads(input.cores)) : 1;

  let why_build: Text | null = null;
  if (asked !== null && asked === build) {
    why_build = text(`Build ${build}, as ?build= asks.`, `按 ?build= 的要求使用 ${build} 版本。`);
  } else if (asked !== null) {
    why_build = text(`This browser cannot run ?build=${asked}.`, `此浏览器无法运行 ?build=${asked}。`);
  } else if (input.build_parameter !== null) {
    why_build = text(
      `There is no build of the name in ?build=; there are ${kBuilds.join(', ')}.`,
      `?build= 的版本名不存在；可用的有 ${kBuilds.join('、')}。`,
    );
  }
  const why_simd =
    build.startsWith('simd') && !input.relaxed_simd
      ? text(
          'This browser has no relaxed SIMD: everything works, about a quarter slower. A newer browser is faster.',
          '此浏览器不支持 relaxed SIMD：一切功能可用，约慢四分之一。换用更新的浏览器会更快。',
        )
      : null;
  let why_threads: Text | null;
  if (threaded) {
    why_threads = threads_sentence(threads, input.cores, asked_threads !== null);
  } else if (asked !== null && asked === build) {
    why_threads = null;
  } else if (input.isolation !== 'isolated') {
    why_threads = kWhyNoThreads[input.isolation];
  } else {
    why_threads = text(
      'One thread: this browser has no WebAssembly threads. Everything works, slower; a newer browser is faster.',
      '单线程：此浏览器不支持 WebAssembly 线程。一切功能可用，只是较慢；换用更新的浏览器会更快。',
    );
  }
  return {
    build,
    threads,
    forced_threads: threaded && asked_threads !== null,
    reason: join(why_build, why_simd, why_threads),
  };
}
