// What both WebAssembly modules have in common on the JavaScript side: memory, text and messages.
import type { Message } from './wire.ts';

export interface WasmModule {
  HEAPU8: Uint8Array;
  _convscope_allocate(bytes: number): number;
  _convscope_free(pointer: number): void;
  _convscope_receive(header: number, header_bytes: number, blobs: number, blob_count: number): void;
}

// Puts bytes into the module's heap; the caller or the callee frees them, as the function called says.
export function copy_in(module: WasmModule, bytes: Uint8Array): number {
  const pointer = module._convscope_allocate(Math.max(1, bytes.length)) >>> 0; // negative above 2 GB otherwise
  if (pointer === 0) throw new Error('out of memory');
  module.HEAPU8.set(bytes, pointer); // HEAPU8 is read after the allocation, which may have grown the memory
  return pointer;
}

export function deliver(module: WasmModule, message: Message): void {
  const header = copy_in(module, message.header);
  const table = new Uint32Array(message.blobs.length * 2);
  message.blobs.forEach((blob, i) => {
    table[2 * i] = copy_in(module, blob);
    table[2 * i + 1] = blob.length;
  });
  const blobs = copy_in(module, new Uint8Array(table.buffer));
  module._convscope_receive(header, message.header.length, blobs, message.blobs.length);
}

// Copies a message that the module hands to convscope_send.
export function copy_out(module: WasmModule, header: number, bytes: number, blobs: number, count: number): Message {
  const heap = module.HEAPU8;
  const view = new DataView(heap.buffer);
  const copy = (pointer: number, length: number): Uint8Array<ArrayBuffer> => {
    const out = new Uint8Array(length); // a fresh buffer: shared memory cannot be transferred or decoded as text
    out.set(heap.subarray(pointer, pointer + length));
    return out;
  };
  const message: Message = { header: copy(header, bytes), blobs: [] };
  for (let i = 0; i < count; ++i) {
    message.blobs.push(copy(view.getUint32(blobs + 8 * i, true), view.getUint32(blobs + 8 * i + 4, true)));
  }
  return message;
}

// The buffers of a message that postMessage may move instead of copying.
export function transferables(message: Message): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const part of [message.header, ...message.blobs]) {
    if (part.buffer instanceof ArrayBuffer && part.byteLength === part.buffer.byteLength) buffers.add(part.buffer);
  }
  return [...buffers];
}
