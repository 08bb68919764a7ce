// What every measured system looks like from outside: a worker that opens one network and then runs operations on it.
// An operation goes from the pixels in a Float32Array to the answer in another: copies in and out are part of it.

export async function fetch_bytes(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
export const fetch_floats = async (path) => new Float32Array((await fetch_bytes(path)).buffer);
export const fetch_json = async (path) => JSON.parse(new TextDecoder().decode(await fetch_bytes(path)));

// `contestant` has open(options) → facts, run(operation) → Float32Array (or a promise of one), and may have more calls.
export function serve(contestant) {
  const calls = {
    open: (options) => contestant.open(options),
    answer: async (operation) => (await contestant.run(operation)).slice(),
    async time(operation, count) {
      const times = [];
      for (let i = 0; i < count; ++i) {
        const start = performance.now();
        await contestant.run(operation);
        times.push(performance.now() - start);
      }
      return times;
    },
    ...contestant.calls,
  };
  globalThis.onmessage = async ({ data: { call, parameters } }) => {
    try {
      globalThis.postMessage({ result: await calls[call](...parameters) });
    } catch (error) {
      globalThis.postMessage({ error: `${error?.name ?? 'error'}: ${error?.message ?? error}` });
    }
  };
  globalThis.postMessage({ result: 'ready' });
}
