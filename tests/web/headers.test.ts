// The README's headers, the service worker's and those of the server for this machine are the same ones.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const headers_in = (path: string): string[] => {
  const source = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const found = source.matchAll(/^\s*'?((?:Cross-Origin|Document-Isolation)-[\w-]+)'?: '?([\w-]+)'?,?$/gm);
  return [...found].map(([, name, value]) => `${name}: ${value}`).sort();
};

test('isolation headers agree', () => {
  const expected = headers_in('web/headers.mjs');
  assert.equal(expected.length, 4);
  assert.deepEqual(headers_in('README.md'), expected);
  assert.deepEqual(headers_in('web/src/sw.ts'), expected);
});
