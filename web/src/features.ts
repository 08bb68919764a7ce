// What this browser can do, found out by validating tiny modules: nothing is compiled or downloaded for it.

// (module (func (result v128) i32.const 0 i8x16.splat i8x16.popcnt) …): needs fixed-width SIMD.
const kSimd = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];
// The same with i8x16.relaxed_swizzle (opcode 0x100).
const kRelaxedSimd = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 128, 2, 11,
];
// A shared memory and one atomic load from it.
const kThreads = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 4, 1, 3, 1, 1, 10, 11, 1, 9, 0, 65, 0, 254, 16, 2, 0,
  26, 11,
];

export interface Features {
  simd: boolean;
  relaxed_simd: boolean;
  threads: boolean; // the browser knows shared memory; whether it may be used is `isolated`
  isolated: boolean;
  webgl2: boolean;
  service_worker: boolean;
  in_frame: boolean;
  cores: number;
}

function validates(bytes: readonly number[]): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(new Uint8Array(bytes));
}

export function detect_wasm(): Pick<Features, 'simd' | 'relaxed_simd' | 'threads'> {
  return { simd: validates(kSimd), relaxed_simd: validates(kRelaxedSimd), threads: validates(kThreads) };
}

// A throw-away context tells more than the existence of the class: drivers can be on a block list.
function has_webgl2(): boolean {
  try {
    const context = document.createElement('canvas').getContext('webgl2');
    context?.getExtension('WEBGL_lose_context')?.loseContext();
    return context !== null;
  } catch {
    return false;
  }
}

export function detect_features(): Features {
  return {
    ...detect_wasm(),
    isolated: globalThis.crossOriginIsolated === true,
    webgl2: has_webgl2(),
    service_worker: 'serviceWorker' in navigator && globalThis.isSecureContext,
    in_frame: window.top !== window,
    cores: Math.max(1, navigator.hardwareConcurrency || 1),
  };
}
