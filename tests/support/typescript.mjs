// node --import ./tests/support/typescript.mjs: lets node run TypeScript, compiled by esbuild on the way in.
import { register } from 'node:module';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { code } = transformSync(readFileSync(fileURLToPath(url), 'utf8'), {
    loader: 'ts', format: 'esm', target: 'es2022', sourcemap: 'inline', sourcefile: fileURLToPath(url),
  });
  return { format: 'module', source: code, shortCircuit: true };
}

register(import.meta.url);
