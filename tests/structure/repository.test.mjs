// What a committed file must not hold: addresses of package registries, paths of somebody's machine, third-party code.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { read, repository_files, root } from './support.mjs';

const kBinary = /\.(png|jpe?g|gif|webp|npy|npz|otf|ttf|wasm|csb|net|gz|br|ico|onnx|bin)$/;
const kSelf = 'tests/structure/repository.test.mjs';
const files = repository_files().filter((path) => path !== kSelf);
const texts = files.filter((path) => !kBinary.test(path) && statSync(join(root, path)).isFile());

function lines_with(pattern, among = texts) {
  return among.flatMap((path) => read(path).split('\n').flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim().slice(0, 100)}`] : [])));
}

test('no package registry is named', () => {
  assert.deepEqual(lines_with(/registry\.(npmjs|yarnpkg)|pypi\.org|pythonhosted\.org|deb\.debian\.org|snapshot\.debian\.org|"resolved":/), []);
});

test('no absolute path of a machine', () => {
  assert.deepEqual(lines_with(/(?<![\w."}$])\/(work|home|root|Users)\/[A-Za-z]/), []);
});

test('every npm package is pinned by its hash', () => {
  for (const path of files.filter((name) => name.endsWith('package-lock.json'))) {
    for (const [name, entry] of Object.entries(JSON.parse(read(path)).packages)) {
      if (name !== '') assert.match(entry.integrity ?? '', /^sha512-/, `${path}: ${name}`);
    }
  }
  for (const path of files.filter((name) => name.endsWith('package.json'))) {
    for (const [name, version] of Object.entries(JSON.parse(read(path)).devDependencies ?? {})) assert.match(version, /^\d+\.\d+\.\d+$/, `${path}: ${name}`);
  }
});

test('every fetched package has a SHA-256', () => {
  for (const line of read('cmake/third_party.lock').split('\n').filter((l) => l !== '' && !l.startsWith('#'))) {
    const [kind, name, , hash, ...rest] = line.split(/\s+/);
    assert.ok(['debian-source', 'debian-binary', 'pypi'].includes(kind) && rest.length === 0, line);
    assert.match(hash, kind === 'debian-binary' ? /^([0-9a-f]{64}|signed)$/ : /^[0-9a-f]{64}$/, name);
  }
});

test('no third-party source is copied in', () => {
  assert.deepEqual(files.filter((path) => /(^|\/)(imgui|stb_\w+|xnnpack|pthreadpool|gtest)\w*\.(h|c|cpp)$/.test(path) && !path.startsWith('src/ui/imgui_config')), []);
  assert.deepEqual(files.filter((path) => statSync(join(root, path)).size > 1_500_000), []);
});

test('nothing is left to be done later', () => {
  assert.deepEqual(lines_with(/\b(TODO|FIXME|XXX|HACK)\b/, texts.filter((path) => /\.(cpp|h|ts|mjs|py|cmake|sh|glsl|def)$/.test(path))), []);
});

test('scripts can be run', () => {
  for (const path of ['dev', '.ci/run']) assert.ok(statSync(join(root, path)).mode & 0o100, path);
});
