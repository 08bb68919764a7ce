// Networks beside those of the site, as `./dev models add` leaves them: bundles written here, and a site built with them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kRoot } from './host.mjs';

const aligned = (bytes, to) => Math.ceil(bytes / to) * to;

// `params` lists { name, dtype, shape, bytes }, where bytes are a typed array; `lines` are all other lines of the header
// (models/README.md), those before the parameters and those after.
export function bundle(before, params, after) {
  let end = 0;
  const placed = params.map((param) => {
    const offset = end;
    end = aligned(end + param.bytes.byteLength, 16);
    return { ...param, offset };
  });
  const lines = placed.map(({ name, dtype, shape, bytes, offset }) => `param ${name} ${dtype} ${offset} ${bytes.byteLength} ${shape.join(' ')}`);
  const header = Buffer.from(`${[...before, ...lines, ...after].join('\n')}\n`);
  const start = aligned(12 + header.length, 64);
  const file = Buffer.alloc(start + end);
  file.write('CSBNDL01');
  file.writeUInt32LE(header.length, 8);
  header.copy(file, 12);
  for (const { bytes, offset } of placed) file.set(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), start + offset);
  return file;
}

// The site with these networks in its menu: [{ id, title, side, bytes }]. Everything is written into `folder`.
export function site_with(folder, networks) {
  const models = process.env.CONVSCOPE_MODELS ?? join(kRoot, 'build/models');
  for (const name of readdirSync(models)) {
    if (name !== 'added.json') symlinkSync(join(models, name), join(folder, name));
  }
  const entries = networks.map(({ id, title, side, bytes }) => {
    writeFileSync(join(folder, `${id}.csb`), bytes);
    return {
      id, title: { en: title, zh: title }, format: 'bundle', file: `${id}.csb`, bytes: bytes.length,
      input: { height: side, width: side, channels: 3 }, sha256: createHash('sha256').update(bytes).digest('hex'), licence: 'CC0-1.0', accuracy: { imagenet: { top1: 0.1 } },
    };
  });
  writeFileSync(join(folder, 'added.json'), JSON.stringify({ version: 1, models: entries }));
  const site = join(folder, 'site');
  const built = spawnSync(process.execPath, [join(kRoot, 'web/build.mjs'), '--fast', '--models', folder, '--out', site, '--cache', join(folder, 'compressed')], { encoding: 'utf8' });
  assert.equal(built.status, 0, built.stderr);
  return site;
}
