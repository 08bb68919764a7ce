// Pictures for the tests: the site's own samples, and files that are broken in one way each.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { kSite } from './host.mjs';

export function site_file(pattern) {
  for (const folder of readdirSync(join(kSite, 'assets'), { withFileTypes: true })) {
    if (!folder.isDirectory()) continue;
    const found = readdirSync(join(kSite, 'assets', folder.name)).find((name) => pattern.test(name));
    if (found !== undefined) return join(kSite, 'assets', folder.name, found);
  }
  throw new Error(`the site has no file like ${pattern}`);
}

export function sample_file(id) {
  return site_file(new RegExp(`^${id}\\.(jpg|png)$`));
}

function crc(bytes) {
  if (crc32 !== undefined) return crc32(bytes) >>> 0;
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; ++bit) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}

// A PNG of one colour, 0…255 each.
export function plain_png(side, [red, green, blue]) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 8;
  header[9] = 2;
  const row = Buffer.from([0, ...Array(side).fill([red, green, blue]).flat()]);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(Array(side).fill(row)))), chunk('IEND', Buffer.alloc(0)),
  ]);
}

// A black PNG of one bit a pixel: 20,000 × 20,000 of it have 50 kB.
export function black_png(width, height) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 8)));
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0)),
  ]);
}

// Two frames of one pixel.
export function animated_gif() {
  const frame = '21f90400' + '0a00' + '0000' + '2c00000000010001000002024401' + '00';
  return Buffer.from('474946383961' + '01000100' + '800000' + '000000ffffff' + '21ff0b4e45545343415045322e300301000000' + frame + frame + '3b', 'hex');
}

// Heads of files that only the browser decodes: nothing behind them is ever looked at.
function webp(width, height, flags) {
  const file = Buffer.alloc(60);
  file.write('RIFF', 0);
  file.writeUInt32LE(52, 4);
  file.write('WEBPVP8X', 8);
  file.writeUInt32LE(10, 16);
  file[20] = flags;
  file.writeUIntLE(width - 1, 24, 3);
  file.writeUIntLE(height - 1, 27, 3);
  return file;
}

export const kBroken = {
  'cut.jpg': () => readFileSync(sample_file('chelsea')).subarray(0, 9000),
  'cut.png': () => readFileSync(sample_file('horse')).subarray(0, 3000),
  'empty.png': () => Buffer.alloc(0),
  'huge.png': () => black_png(20_000, 20_000),
  'letter.jpg': () => Buffer.from('Dear Sir or Madam,\nthis is a letter and no photo.\n'),
  'moving.gif': animated_gif,
  'moving.webp': () => webp(640, 480, 2),
  'huge.webp': () => webp(20_000, 20_000, 0),
  'damaged.webp': () => webp(640, 480, 0),
};
