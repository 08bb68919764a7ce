// The page module's C functions with JavaScript's types: text and bytes go through its heap here and nowhere else.
import { copy_in, deliver, type WasmModule } from './wasm_module.ts';
import type { Text } from './text.ts';
import type { Message } from './wire.ts';

export interface PageExports extends WasmModule {
  _page_start(config: number, bytes: number): number;
  _page_resize(css_width: number, css_height: number, dpr: number): void;
  _page_frame(seconds: number): number;
  _page_pointer(kind: number, x: number, y: number, button: number, type: number, buttons: number, modifiers: number): void;
  _page_wheel(x: number, y: number, dx: number, dy: number, modifiers: number): void;
  _page_key(code: number, bytes: number, down: number, modifiers: number): number;
  _page_text(utf8: number, bytes: number): void;
  _page_clipboard(utf8: number, bytes: number): void;
  _page_focus(has_focus: number): void;
  _page_hash(utf8: number, bytes: number): void;
  _page_theme(dark: number): void;
  _page_models(tsv: number, bytes: number): void;
  _page_choose_model(id: number, bytes: number): void;
  _page_samples(tsv: number, bytes: number): void;
  _page_thumbnail(id: number, bytes: number, width: number, height: number, rgba: number): void;
  _page_labels(language: number, chosen: number, utf8: number, bytes: number): void;
  _page_font(name: number, bytes: number, data: number, data_bytes: number): void;
  _page_model_progress(id: number, bytes: number, received: number, total: number, state: number): void;
  _page_notice(
    level: number,
    key: number,
    key_bytes: number,
    en: number,
    en_bytes: number,
    zh: number,
    zh_bytes: number,
    nodes: number,
    nodes_bytes: number,
  ): void;
  _page_engine_state(state: number, build: number, build_bytes: number, threads: number, en: number, en_bytes: number, zh: number, zh_bytes: number): void;
  _page_image_source(kind: number, kind_bytes: number, name: number, name_bytes: number): void;
  _page_webcam(state: number): void;
  _page_mirror_activate(id: number): void;
  _page_mirror_focus(id: number): void;
  _page_mirror_set_value(id: number, value: number): void;
  _page_context_lost(): void;
  _page_context_restored(): void;
  _page_copied(): number;
}

export type NoticeLevel = 'info' | 'warning' | 'error';
const kLevels: Record<NoticeLevel, number> = { info: 0, warning: 1, error: 2 };

const encoder = new TextEncoder();
const clean = (field: string): string => field.replace(/[\t\n\r]+/g, ' ');

export function tab_separated(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => row.map((field) => clean(String(field))).join('\t')).join('\n');
}

export class PageModule {
  constructor(readonly exports: PageExports) {}

  // Calls `use` with (pointer, bytes) pairs of texts or bytes in the heap, and frees them afterwards.
  private with_bytes<T>(values: readonly (string | Uint8Array)[], use: (...pairs: number[]) => T): T {
    const pairs: number[] = [];
    for (const value of values) {
      const bytes = typeof value === 'string' ? encoder.encode(value) : value;
      pairs.push(copy_in(this.exports, bytes), bytes.length);
    }
    try {
      return use(...pairs);
    } finally {
      for (let i = 0; i < pairs.length; i += 2) this.exports._convscope_free(pairs[i]!);
    }
  }

  start(config: Record<string, string | number>): boolean {
    const lines = Object.entries(config).map(([key, value]) => `${key}=${value}`);
    return this.with_bytes([lines.join('\n')], (p, n) => this.exports._page_start(p!, n!)) !== 0;
  }
  receive(message: Message): void {
    deliver(this.exports, message);
  }
  key(code: string, down: boolean, modifiers: number): boolean {
    return this.with_bytes([code], (p, n) => this.exports._page_key(p!, n!, down ? 1 : 0, modifiers)) !== 0;
  }
  text(typed: string): void {
    this.with_bytes([typed], (p, n) => this.exports._page_text(p!, n!));
  }
  clipboard(pasted: string): void {
    this.with_bytes([pasted], (p, n) => this.exports._page_clipboard(p!, n!));
  }
  hash(hash: string): void {
    this.with_bytes([hash], (p, n) => this.exports._page_hash(p!, n!));
  }
  models(tsv: string): void {
    this.with_bytes([tsv], (p, n) => this.exports._page_models(p!, n!));
  }
  choose_model(id: string): void {
    this.with_bytes([id], (p, n) => this.exports._page_choose_model(p!, n!));
  }
  samples(tsv: string): void {
    this.with_bytes([tsv], (p, n) => this.exports._page_samples(p!, n!));
  }
  thumbnail(id: string, width: number, height: number, rgba: Uint8Array): void {
    this.with_bytes([id, rgba], (p, n, pixels) => this.exports._page_thumbnail(p!, n!, width, height, pixels!));
  }
  // `chosen`: by the person, for the open network.
  labels(language: number, lines: Uint8Array, chosen = false): void {
    this.with_bytes([lines], (p, n) => this.exports._page_labels(language, Number(chosen), p!, n!));
  }
  font(name: string, bytes: Uint8Array): void {
    this.with_bytes([name, bytes], (p, n, data, size) => this.exports._page_font(p!, n!, data!, size!));
  }
  model_progress(id: string, received: number, total: number, state: number): void {
    this.with_bytes([id], (p, n) => this.exports._page_model_progress(p!, n!, received, total, state));
  }
  notice(level: NoticeLevel, key: string, sentence: Text, nodes: string): void {
    this.with_bytes([key, sentence.en, sentence.zh, nodes], (k, kn, en, enn, zh, zhn, p, n) =>
      this.exports._page_notice(kLevels[level], k!, kn!, en!, enn!, zh!, zhn!, p!, n!),
    );
  }
  engine_state(state: number, build: string, threads: number, reason: Text): void {
    this.with_bytes([build, reason.en, reason.zh], (b, bn, en, enn, zh, zhn) =>
      this.exports._page_engine_state(state, b!, bn!, threads, en!, enn!, zh!, zhn!),
    );
  }
  image_source(kind: string, name: string): void {
    this.with_bytes([kind, name], (k, kn, p, n) => this.exports._page_image_source(k!, kn!, p!, n!));
  }
  // What Ctrl+C put aside, if anything.
  copied(): string | null {
    const pointer = this.exports._page_copied();
    if (pointer === 0) return null;
    const heap = this.exports.HEAPU8;
    return new TextDecoder().decode(heap.slice(pointer, heap.indexOf(0, pointer)));
  }
}
