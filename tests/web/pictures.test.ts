import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync } from 'node:fs';
import { browser_picture, kMaxImagePixels, kMaxImageSide, refusal } from '../../web/src/browser_formats.ts';
import { fit, webcam_sentence } from '../../web/src/pictures.ts';
import { wheel_lines } from '../../web/src/input.ts';

const bytes = (ascii: string): Uint8Array => new TextEncoder().encode(ascii);

// Files of the formats that only the browser decodes: heads alone, which is all that is looked at.
const little = (value: number, count: number): number[] => Array.from({ length: count }, (_, i) => (value >>> (8 * i)) & 255);
const big = (value: number): number[] => little(value, 4).reverse();
const webp = (...body: (string | number[])[]): Uint8Array =>
  new Uint8Array(['RIFF', little(100, 4), 'WEBP', ...body].flatMap((part) => (typeof part === 'string' ? [...bytes(part)] : part)));
const extended = (width: number, height: number, flags = 0): Uint8Array =>
  webp('VP8X', little(10, 4), [flags, 0, 0, 0], little(width - 1, 3), little(height - 1, 3));
const avif = (brand: string, width: number, height: number): Uint8Array =>
  new Uint8Array([...big(28), ...bytes(`ftyp${brand}`), ...big(0), ...bytes('mif1meta'), ...big(20), ...bytes('ispe'), ...big(0), ...big(width), ...big(height), ...big(0)]);

test('formats and sizes are told by content, not by name', () => {
  const told = (file: Uint8Array): unknown => {
    const picture = browser_picture(file);
    return picture && [picture.format, picture.width, picture.height, picture.animated];
  };
  assert.deepEqual(told(extended(640, 480)), ['WebP', 640, 480, false]);
  assert.deepEqual(told(extended(640, 480, 2)), ['WebP', 640, 480, true]);
  assert.deepEqual(told(webp('VP8 ', little(50, 4), [0x30, 1, 0, 0x9d, 1, 0x2a], little(300, 2), little(200, 2))), ['WebP', 300, 200, false]);
  assert.deepEqual(told(webp('VP8L', little(50, 4), [0x2f], little((299 | (199 << 14)) >>> 0, 4), [0])), ['WebP', 300, 200, false]);
  assert.deepEqual(told(avif('avif', 4000, 3000)), ['AVIF', 4000, 3000, false]);
  assert.deepEqual(told(avif('avis', 40, 30)), ['AVIF', 40, 30, true]);
  assert.equal(told(avif('isom', 40, 30)), null);
  assert.equal(told(bytes('GIF89a')), null);
  assert.equal(told(new Uint8Array()), null);
});

test('what the browser would decode is held to the same limits as the rest, with a sentence', () => {
  const sentence = (file: Uint8Array): string | undefined => refusal(browser_picture(file)!)?.en;
  assert.equal(sentence(extended(640, 480)), undefined);
  assert.equal(sentence(avif('avif', 7000, 7000)), undefined);
  assert.match(sentence(extended(640, 480, 2))!, /animated WebP.*save the frame you want as PNG/);
  assert.match(sentence(avif('avis', 40, 30))!, /animated AVIF.*save the frame/);
  assert.match(sentence(avif('avif', 20_000, 20_000))!, /20000 × 20000 pixels.*at most 50 megapixels and 16384 pixels a side; make it smaller/);
  assert.match(sentence(extended(16_385, 10))!, /make it smaller/);
  // Cut within its head, or a size of zero: not given to a decoder.
  assert.match(sentence(extended(640, 480).subarray(0, 20))!, /damaged.*save the picture as JPEG or PNG/);
  assert.match(sentence(avif('avif', 0, 30))!, /damaged/);
});

test("the limits are the engine's", () => {
  const header = readFileSync(new URL('../../src/image/image.h', import.meta.url), 'utf8');
  const constant = (name: string): number => Number(new RegExp(`${name} = ([\\d']+);`).exec(header)![1]!.replaceAll("'", ''));
  assert.equal(kMaxImageSide, constant('kMaxImageSide'));
  assert.equal(kMaxImagePixels, constant('kMaxImagePixels'));
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
  for (const sentence of sentences) assert.match(sentence, /Try again|Open a picture file/);
  assert.match(sentences[0]!, /Allow it in the address bar and press “Try again”/);
});

test('wheels scroll alike in every unit', () => {
  assert.equal(wheel_lines(100, 0, 30), 1);
  assert.equal(wheel_lines(3, 1, 30), 1);
  assert.equal(wheel_lines(1, 2, 30), 30);
});
