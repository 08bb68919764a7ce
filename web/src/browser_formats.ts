// Formats that the browser can decode and the engine cannot: told by their first bytes, not their names, and held to
// the engine's limits before anything is decoded.
import { text, type Text } from './text.ts';

export interface BrowserPicture {
  format: 'WebP' | 'AVIF';
  mime: 'image/webp' | 'image/avif';
  animated: boolean;
  width: number; // px; 0 where the file does not tell
  height: number;
}

// The engine's (src/image/image.h).
export const kMaxImageSide = 16_384;
export const kMaxImagePixels = 50_000_000;

const kSearchedForSize = 65_536; // bytes of an AVIF: its header comes before its picture

const ascii = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

// Numbers of a file; what lies behind its end is 0.
class Bytes {
  constructor(private readonly bytes: Uint8Array) {}
  u8 = (at: number): number => this.bytes[at] ?? 0;
  u24_little = (at: number): number => this.u8(at) | (this.u8(at + 1) << 8) | (this.u8(at + 2) << 16);
  u32_big = (at: number): number => ((this.u8(at) << 24) | (this.u8(at + 1) << 16) | (this.u8(at + 2) << 8) | this.u8(at + 3)) >>> 0;
}

// RIFF container, RFC 9649: the first chunk is VP8X (extended), VP8L (lossless) or VP8 (lossy).
function webp(file: Uint8Array): BrowserPicture {
  const bytes = new Bytes(file);
  const size = (width: number, height: number, animated = false): BrowserPicture => ({ format: 'WebP', mime: 'image/webp', animated, width, height });
  const chunk = ascii(file, 12, 16);
  if (chunk === 'VP8X' && file.length >= 30) return size(bytes.u24_little(24) + 1, bytes.u24_little(27) + 1, (bytes.u8(20) & 2) !== 0);
  if (chunk === 'VP8L' && file.length >= 25 && bytes.u8(20) === 0x2f) {
    const packed = bytes.u24_little(21) | (bytes.u8(24) << 24);
    return size((packed & 0x3fff) + 1, ((packed >>> 14) & 0x3fff) + 1);
  }
  if (chunk === 'VP8 ' && file.length >= 30 && bytes.u24_little(23) === 0x2a019d) {
    return size(bytes.u24_little(26) & 0x3fff, bytes.u24_little(28) & 0x3fff);
  }
  return size(0, 0);
}

// ISO base media file: every "ispe" property is the size of an item; the largest is the picture's.
function avif(file: Uint8Array): BrowserPicture {
  const bytes = new Bytes(file);
  const picture: BrowserPicture = { format: 'AVIF', mime: 'image/avif', animated: ascii(file, 8, 12) === 'avis', width: 0, height: 0 };
  const end = Math.min(file.length - 16, kSearchedForSize);
  for (let at = 12; at < end; ++at) {
    if (bytes.u32_big(at) !== 0x69737065) continue;
    picture.width = Math.max(picture.width, bytes.u32_big(at + 8));
    picture.height = Math.max(picture.height, bytes.u32_big(at + 12));
  }
  return picture;
}

// Null where the engine is to say what the file is.
export function browser_picture(file: Uint8Array): BrowserPicture | null {
  if (ascii(file, 0, 4) === 'RIFF' && ascii(file, 8, 12) === 'WEBP') return webp(file);
  if (ascii(file, 4, 8) === 'ftyp' && ['avif', 'avis'].includes(ascii(file, 8, 12))) return avif(file);
  return null;
}

// Why the picture is not decoded at all; null where it is.
export function refusal({ format, animated, width, height }: BrowserPicture): Text | null {
  if (animated) {
    return text(
      `This is an animated ${format}, and ConvScope reads single pictures; save the frame you want as PNG and open that.`,
      `这是动态 ${format}，而 ConvScope 只读取单张图片；请把需要的那一帧另存为 PNG 后再打开。`,
    );
  }
  if (width === 0 || height === 0) return undecodable(format);
  if (width > kMaxImageSide || height > kMaxImageSide || width * height > kMaxImagePixels) {
    const megapixels = kMaxImagePixels / 1e6;
    return text(
      `The picture has ${width} × ${height} pixels, and ConvScope reads at most ${megapixels} megapixels and ${kMaxImageSide} pixels a side; make it smaller and open it again.`,
      `图片有 ${width} × ${height} 像素，超出上限（${megapixels} 百万像素、每边 ${kMaxImageSide} 像素）；请缩小后再打开。`,
    );
  }
  return null;
}

export function undecodable(format: string): Text {
  return text(
    `The ${format} file is damaged, or this browser cannot decode it; save the picture as JPEG or PNG and open that.`,
    `${format} 文件已损坏，或此浏览器无法解码；请将图片另存为 JPEG 或 PNG 后再打开。`,
  );
}
