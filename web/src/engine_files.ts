// Fetches and compiles the engine build that was chosen.
import type { Boot } from './boot.ts';
import type { EngineFiles } from './engine.ts';
import { site_file } from './manifest.ts';

export function absolute(url: string): string {
  return new URL(url, document.baseURI).href;
}

export async function load_engine(boot: Boot): Promise<EngineFiles> {
  const name = `engine-${boot.choice.build}`;
  const bytes = await boot.fetch(`${name}.wasm`);
  return {
    worker: absolute(site_file(boot.manifest, 'engine_worker.js').url),
    script: absolute(site_file(boot.manifest, `${name}.js`).url),
    module: await WebAssembly.compile(bytes),
  };
}
