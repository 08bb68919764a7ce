// Runs the end-to-end tests against a built site, one file after the other: they share two cores with a software
// renderer. Usage: node tests/e2e/run.mjs [NAME…]; CONVSCOPE_SITE names the site (default build/site).
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kSite } from './support/host.mjs';

const here = dirname(fileURLToPath(import.meta.url));
if (!existsSync(join(kSite, 'index.html'))) {
  console.error(`tests/e2e: there is no site in ${kSite}; build it first (./dev build)`);
  process.exit(1);
}
const wanted = process.argv.slice(2);
const files = readdirSync(here)
  .filter((name) => name.endsWith('.test.mjs') && (wanted.length === 0 || wanted.some((word) => name.includes(word))))
  .sort()
  .map((name) => join(here, name));
const run = spawnSync(process.execPath, ['--test', '--test-concurrency=1', '--test-timeout=240000', '--test-reporter=spec', ...files], { stdio: 'inherit' });
process.exit(run.status ?? 1);
