// The few messages that the shell itself writes or reads; the codec is src/protocol/wire.h, all else goes between page
// and engine unread. A test compares the numbers below with the C++ headers.

export interface Message {
  header: Uint8Array;
  blobs: Uint8Array[];
}

export const kProtocolVersion = 1;
// Positions in the Command and Event variants.
export const kCommand = { LoadModel: 0, SetImage: 1, SetPixels: 2, Forward: 3, SetThreads: 12 } as const;
export const kEvent = {
  EngineReady: 0,
  ModelLoaded: 1,
  ImageReady: 2,
  ForwardDone: 3,
  MethodPreview: 7,
  Failed: 11,
} as const;

// Requests of the shell count from here, the page's from 1.
export const kShellRequests = 0x8000_0000;

class Writer {
  private readonly bytes: number[] = [];

  constructor(request: number, alternative: number) {
    this.u32(kProtocolVersion).u32(request);
    this.bytes.push(alternative);
  }
  u32(value: number): this {
    this.bytes.push(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
    return this;
  }
  string(value: string): this {
    const utf8 = new TextEncoder().encode(value);
    this.u32(utf8.length);
    this.bytes.push(...utf8);
    return this;
  }
  done(...blobs: Uint8Array[]): Message {
    return { header: Uint8Array.from(this.bytes), blobs };
  }
}

// `input` is that of LoadModel (src/protocol/command.h).
export function encode_load_model(request: number, id: string, format: string, input: string, bytes: Uint8Array): Message {
  return new Writer(request, kCommand.LoadModel).string(id).string(format).string(input).u32(0).done(bytes);
}
export function encode_set_image(request: number, name: string, bytes: Uint8Array): Message {
  return new Writer(request, kCommand.SetImage).string(name).u32(0).done(bytes);
}
export function encode_set_pixels(request: number, height: number, width: number, rgba: Uint8Array): Message {
  return new Writer(request, kCommand.SetPixels).u32(height).u32(width).u32(0).done(rgba);
}
export function encode_forward(request: number, thumbnails: number): Message {
  return new Writer(request, kCommand.Forward).u32(thumbnails).done();
}
export function encode_set_threads(request: number, threads: number): Message {
  return new Writer(request, kCommand.SetThreads).u32(threads).done();
}
// What the page hears for requests that died with the engine.
export function encode_failed(request: number, code: string, en: string, zh: string): Message {
  return new Writer(request, kEvent.Failed).string(code).string(en).string(zh).u32(0).u32(0).done();
}

export class Reader {
  private position = 0;
  private readonly view: DataView;
  readonly version: number;
  readonly request: number;
  readonly alternative: number;

  constructor(private readonly header: Uint8Array) {
    this.view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    this.version = this.u32();
    this.request = this.u32();
    this.alternative = this.view.getUint8(this.position++);
  }
  u32(): number {
    const value = this.view.getUint32(this.position, true);
    this.position += 4;
    return value;
  }
  string(): string {
    const bytes = this.u32();
    const value = new TextDecoder().decode(this.header.subarray(this.position, this.position + bytes));
    this.position += bytes;
    return value;
  }
}

// What stands behind a Failed's sentence, as lines for the page: each node that cannot run (operator, name, the reason in
// English and Chinese, with tabs between), then how many more there are. Empty where there are none.
export function refused_nodes(event: Reader): string {
  const cell = (): string => event.string().replace(/[\t\n]/g, ' ');
  const lines = Array.from({ length: event.u32() }, () => [cell(), cell(), cell(), cell()].join('\t'));
  const more = event.u32();
  return lines.length === 0 ? '' : [...lines, more].join('\n');
}

export function is_final(alternative: number): boolean {
  return alternative !== kEvent.EngineReady && alternative !== kEvent.MethodPreview;
}
