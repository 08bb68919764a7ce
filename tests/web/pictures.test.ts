import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser_format, fit, webcam_sentence } from '../../web/src/pictures.ts';
import { wheel_lines } from '../../web/src/input.ts';

const bytes = (ascii: string): Uint8Array => new TextEncoder().encode(ascii);

test('formats are told by content, not by name', () => {
  assert.equal(browser_format(bytes('RIFF\0\0\0\0WEBPVP8 ')), 'image/webp');
  assert.equal(browser_format(bytes('\0\0\0\x20ftypavif\0\0')), 'image/avif');
  assert.equal(browser_format(bytes('\0\0\0\x20ftypisom\0\0')), null);
  assert.equal(browser_format(bytes('GIF89a')), null);
  assert.equal(browser_format(new Uint8Array()), null);
});

test('pictures are only ever made smaller', () => {
  assert.deepEqual(fit(4000, 3000, 2000), { width: 2000, height: 1500 });
  assert.deepEqual(fit(40, 30, 2000), { width: 40, height: 30 });
  assert.deepEqual(fit(100_000, 1, 100), { width: 100, height: 1 });
});

test('each way a webcam fails has its own sentence', () => {
  const sentences = ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'TypeError'].map(
    (name) => webcam_sentence(new DOMException('', name)).en,
  );
  assert.equal(new Set(sentences).size, 4);
  assert.match(sentences[0]!, /Allow the camera/);
});

test('wheels scroll alike in every unit', () => {
  assert.equal(wheel_lines(100, 0, 30), 1);
  assert.equal(wheel_lines(3, 1, 30), 1);
  assert.equal(wheel_lines(1, 2, 30), 30);
});
