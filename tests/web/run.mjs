// Bundles tests/web/*.test.ts and runs them with Node's own runner. Usage: node tests/web/run.mjs
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const out = join(root, 'build/web-tests');
const require = createRequire(join(root, 'web/build.mjs'));
const esbuild = await import(pathToFileURL(require.resolve('esbuild')));

const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts'));
rmSync(out, { recursive: true, force: true });
await esbuild.build({
  entryPoints: tests.map((name) => join(here, name)),
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  define: { 'import.meta.root': JSON.stringify(root) },
  nodePaths: [join(root, 'node_modules'), join(root, 'web/node_modules')],
});
const files = tests.map((name) => join(out, name.replace(/\.ts$/, '.mjs')));
const run = spawnSync(process.execPath, ['--test', '--enable-source-maps', ...files], { stdio: 'inherit' });
process.exit(run.status ?? 1);
