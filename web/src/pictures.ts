// Pictures from outside: file picker, drag and drop, paste and webcam, and files back to the person's computer.
import { text, type Text } from './text.ts';

export type SourceKind = 'sample' | 'file' | 'drop' | 'paste' | 'webcam';

export interface Pixels {
  width: number;
  height: number;
  rgba: Uint8Array;
}

// Longer than any photo; a file this long would have to be copied three times before anyone can look inside.
export const kMaxFileBytes = 64e6;
const kMaxSide = 2048;

export function too_long(name: string, bytes: number): Text {
  const size = (bytes / 1e6).toFixed(0);
  return text(
    `${name} has ${size} MB; pictures may have up to ${kMaxFileBytes / 1e6} MB. Save a smaller copy and open that.`,
    `${name} 有 ${size} MB；图片最大 ${kMaxFileBytes / 1e6} MB。请另存较小的副本后再打开。`,
  );
}

export function no_file_there(): Text {
  return text(
    'No picture was dropped. Drop an image file (JPEG or PNG), or an image from another page after saving it.',
    '拖入的不是图片文件。请拖入图像文件（JPEG 或 PNG）；其他网页上的图片请先保存。',
  );
}

// Scales down to what fits; the engine scales further itself.
export function fit(width: number, height: number, side: number): { width: number; height: number } {
  const factor = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

function pixels_of(source: CanvasImageSource, width: number, height: number): Pixels {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no 2D canvas');
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  const data = context.getImageData(0, 0, width, height).data;
  return { width, height, rgba: new Uint8Array(data.buffer) };
}

export async function decode(blob: Blob, side = kMaxSide): Promise<Pixels> {
  const bitmap = await createImageBitmap(blob);
  const { width, height } = fit(bitmap.width, bitmap.height, side);
  const pixels = pixels_of(bitmap, width, height);
  bitmap.close();
  return pixels;
}

// A small copy of a picture whose size is known: scaled while it is decoded, away from the page's own thread.
export async function small_copy(blob: Blob, size: { width: number; height: number }, side: number): Promise<Pixels> {
  const { width, height } = fit(size.width, size.height, side);
  const bitmap = await createImageBitmap(blob, { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' });
  const pixels = pixels_of(bitmap, width, height);
  bitmap.close();
  return pixels;
}

export function pick_file(accept = 'image/*'): Promise<File | null> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.addEventListener('change', () => resolve(input.files?.[0] ?? null));
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
}

export function save_file(name: string, mime: string, bytes: Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: mime }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// Whole-window drag and drop; `on_hover` tells whether something hangs over the page.
export function accept_drops(on_file: (file: File | null) => void, on_hover: (over: boolean) => void): void {
  let depth = 0;
  const has_files = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  window.addEventListener('dragenter', (event) => {
    event.preventDefault();
    if (++depth === 1) on_hover(has_files(event));
  });
  window.addEventListener('dragleave', () => {
    if (--depth <= 0) {
      depth = 0;
      on_hover(false);
    }
  });
  window.addEventListener('dragover', (event) => {
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy';
  });
  window.addEventListener('drop', (event) => {
    event.preventDefault();
    depth = 0;
    on_hover(false);
    on_file(event.dataTransfer?.files[0] ?? null);
  });
}

export type WebcamState = 'off' | 'asking' | 'on' | 'refused';

export function webcam_sentence(error: unknown): Text {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') {
    return text(
      'The browser did not give the page the camera. Allow it in the address bar and press “Try again”, or open a picture file.',
      '浏览器未允许本页使用摄像头。请在地址栏允许后按“再试一次”，或打开图片文件。',
    );
  }
  if (name === 'NotFoundError' || name === 'OverconstrainedError') {
    return text('No camera was found. Connect one and press “Try again”, or open a picture file.', '未找到摄像头。请连接后按“再试一次”，或打开图片文件。');
  }
  if (name === 'NotReadableError') {
    return text('The camera is in use by another program. Close that and press “Try again”.', '摄像头正被其他程序使用。请关闭该程序后按“再试一次”。');
  }
  return text(
    'The camera cannot be used here: the browser gives cameras only to pages served over HTTPS. Open a picture file instead.',
    '此处无法使用摄像头：浏览器只允许通过 HTTPS 提供的页面使用。请改为打开图片文件。',
  );
}

// Takes a picture whenever the last one has been answered, and at most ten a second.
export class Webcam {
  private stream: MediaStream | null = null;
  private readonly video = document.createElement('video');
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly on_state: (state: WebcamState, problem: Text | null) => void,
    private readonly on_pixels: (pixels: Pixels) => void,
    private readonly is_busy: () => boolean,
  ) {
    this.video.muted = true;
    this.video.playsInline = true;
  }

  async start(): Promise<void> {
    if (this.stream !== null) return;
    this.on_state('asking', null);
    try {
      if (navigator.mediaDevices === undefined) throw new Error('no camera outside HTTPS');
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, facingMode: 'environment' } });
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (error) {
      this.release();
      this.on_state('refused', webcam_sentence(error));
      return;
    }
    this.on_state('on', null);
    this.shoot();
  }

  stop(): void {
    if (this.stream === null) return;
    this.release();
    this.on_state('off', null);
  }

  private release(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private shoot(): void {
    if (this.stream === null) return;
    if (!this.is_busy() && this.video.videoWidth > 0) {
      const { width, height } = fit(this.video.videoWidth, this.video.videoHeight, 640);
      this.on_pixels(pixels_of(this.video, width, height));
    }
    this.timer = setTimeout(() => this.shoot(), 100);
  }
}
