// The page module's browser: canvas, frames, input, mirror, and what it asks for by host_request.
import { Frames } from './frames.ts';
import { Input } from './input.ts';
import { Mirror, type MirrorState } from './mirror.ts';
import { PageModule, type PageExports } from './page_module.ts';
import { remember } from './remember.ts';
import { embed_code, text, type Language, type Text } from './text.ts';
import type { Message } from './wire.ts';
import { copy_out } from './wasm_module.ts';

export interface HostActions {
  send(message: Message): void; // a command for the engine
  request(verb: string, a: string, b: string): void; // what this file does not know itself
  save_file(name: string, mime: string, bytes: Uint8Array<ArrayBuffer>): void;
  paste_files(files: readonly File[]): void;
}

export interface HostOptions {
  language: Language;
  in_frame: boolean;
  source: string;
  module: WebAssembly.Module;
  factory: (options: Record<string, unknown>) => Promise<PageExports>;
  prepare: (page: PageModule) => void; // before the first frame
}

const kLost = text(
  'The graphics card took its memory back. The picture returns by itself; if it does not, reload the page.',
  '显卡收回了内存。画面会自动恢复；若未恢复，请重新加载页面。',
);
const kRestored = text('The graphics card took its memory back for a moment; everything has been drawn again.', '显卡短暂收回了内存；画面已重新绘制。');

function by_id<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

export class PageHost {
  readonly page: PageModule;
  readonly frames: Frames;
  private readonly input: Input;
  private readonly mirror: Mirror;
  private readonly canvas = by_id<HTMLCanvasElement>('canvas');
  private readonly wrapper = by_id('page');
  private language: Language;
  private hash_timer: ReturnType<typeof setTimeout> | null = null;
  private next_hash: string | null = null;
  private pending_mirror: string | null = null;

  static async create(options: HostOptions, actions: HostActions): Promise<PageHost> {
    let host: PageHost | null = null;
    let pending_mirror: string | null = null;
    const hooks: Record<string, unknown> = {
      canvas: by_id('canvas'),
      instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void) {
        void WebAssembly.instantiate(options.module, imports).then((instance) => done(instance, options.module));
        return {};
      },
      on_send(header: number, bytes: number, blobs: number, count: number) {
        actions.send(copy_out(exports, header, bytes, blobs, count));
      },
      on_request(verb: string, a: string, b: string) {
        // Asked for in the middle of a frame: answered after it, so that nothing re-enters the page module.
        queueMicrotask(() => host?.request(verb, a, b));
      },
      on_file(name: string, mime: string, pointer: number, bytes: number) {
        actions.save_file(name, mime, exports.HEAPU8.slice(pointer, pointer + bytes) as Uint8Array<ArrayBuffer>);
      },
      on_mirror(json: string) {
        if (host === null) pending_mirror = json;
        else host.pending_mirror = json;
      },
    };
    const exports: PageExports = await options.factory(hooks);
    host = new PageHost(exports, options, actions);
    host.pending_mirror = pending_mirror;
    return host;
  }

  private constructor(
    exports: PageExports,
    options: HostOptions,
    private readonly actions: HostActions,
  ) {
    this.page = new PageModule(exports);
    this.language = options.language;
    this.frames = new Frames((seconds) => this.draw(seconds));
    this.mirror = new Mirror(by_id('mirror'), this.wrapper, {
      activate: (id) => {
        exports._page_mirror_activate(id);
        this.frames.draw_now(4);
      },
      focus: (id) => {
        exports._page_mirror_focus(id);
        this.frames.draw_now(2);
      },
      set_value: (id, value) => {
        exports._page_mirror_set_value(id, value);
        this.frames.draw_now(3);
      },
    });
    this.start(options);
    this.input = new Input(
      this.wrapper,
      by_id<HTMLTextAreaElement>('typing'),
      this.page,
      {
        wake: (frames) => this.frames.wake(frames),
        draw_now: (frames) => this.frames.draw_now(frames),
        paste_files: (files) => this.actions.paste_files(files),
      },
      options.in_frame,
    );
    this.listen();
  }

  private start(options: HostOptions): void {
    const matches = (query: string): number => (matchMedia(query).matches ? 1 : 0);
    const started = this.page.start({
      lang: options.language,
      theme: document.documentElement.dataset.theme ?? 'light',
      dark: matches('(prefers-color-scheme: dark)'),
      touch: matches('(pointer: coarse)'),
      reduced_motion: matches('(prefers-reduced-motion: reduce)'),
      mac: /Mac|iPhone|iPad/.test(navigator.platform) ? 1 : 0,
      source: options.source,
    });
    if (!started) throw new Error('the page module found no WebGL2 context');
    options.prepare(this.page);
    this.page.hash(location.hash.replace(/^#/, ''));
    this.resize();
  }

  private listen(): void {
    new ResizeObserver(() => this.resize()).observe(this.wrapper);
    // A change of the pixel ratio (another screen, browser zoom) is no resize of the wrapper.
    const watch_ratio = (): void => {
      matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener(
        'change',
        () => {
          this.resize();
          watch_ratio();
        },
        { once: true },
      );
    };
    watch_ratio();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
      this.page.exports._page_theme(event.matches ? 1 : 0);
      this.frames.wake(2);
    });
    window.addEventListener('popstate', () => {
      this.page.hash(location.hash.replace(/^#/, ''));
      this.frames.wake(3);
    });
    this.canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault(); // or it is never restored
      this.page.exports._page_context_lost();
      this.frames.stop();
      this.banner(kLost);
    });
    this.canvas.addEventListener('webglcontextrestored', () => {
      this.page.exports._page_context_restored();
      this.banner(null);
      this.frames.go_on();
      this.notice('info', 'graphics', kRestored);
    });
  }

  private resize(): void {
    const box = this.wrapper.getBoundingClientRect();
    const ratio = devicePixelRatio || 1;
    const width = Math.max(1, Math.round(box.width * ratio));
    const height = Math.max(1, Math.round(box.height * ratio));
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.page.exports._page_resize(box.width, box.height, ratio);
    // Drawn at once: a resized canvas is empty until then.
    this.frames.draw_now(1);
    this.frames.wake(2);
  }

  private draw(seconds: number): number {
    const next = this.page.exports._page_frame(seconds);
    if (this.pending_mirror !== null) {
      const state = JSON.parse(this.pending_mirror) as MirrorState;
      this.pending_mirror = null;
      this.mirror.update(state);
    }
    return next;
  }

  notice(level: 'info' | 'warning' | 'error', key: string, sentence: Text, nodes = ''): void {
    this.page.notice(level, key, sentence, nodes);
    this.frames.wake(3);
  }
  remove_notice(key: string): void {
    this.notice('info', key, text('', ''));
  }

  // For what the page module cannot say itself.
  banner(sentence: Text | null): void {
    const banner = by_id('banner');
    banner.hidden = sentence === null;
    banner.textContent = sentence?.[this.language] ?? '';
  }

  receive(message: Message, is_progress: boolean): void {
    this.page.receive(message);
    if (is_progress) this.frames.wake_for_progress();
    else this.frames.wake(2);
  }

  private request(verb: string, a: string, b: string): void {
    switch (verb) {
      case 'cursor':
        this.wrapper.style.cursor = a;
        break;
      case 'ime': {
        const [x = 0, y = 0, height = 0] = b.split(' ').map(Number);
        this.input.ime(a === '1', x, y, height);
        break;
      }
      case 'frame':
        this.frames.wake(1);
        break;
      case 'hash':
        this.set_hash(a, b === 'push');
        break;
      case 'language':
        this.language = a === 'zh' ? 'zh' : 'en';
        remember('language', this.language);
        document.documentElement.lang = a === 'zh' ? 'zh-CN' : 'en';
        break;
      case 'theme':
        document.documentElement.dataset.theme = a;
        remember('theme', a);
        break;
      case 'share':
        void this.share(a);
        break;
      case 'copy':
        void this.copy(a);
        break;
      case 'link':
        if (/^https?:\/\//.test(a)) window.open(a, '_blank', 'noopener');
        break;
      default:
        this.actions.request(verb, a, b);
    }
  }

  // Browsers refuse addresses that change too often (while a slider moves): the last one of a burst is written.
  private set_hash(hash: string, push: boolean): void {
    if (this.hash_timer !== null) clearTimeout(this.hash_timer);
    this.next_hash = hash;
    if (push) {
      history.pushState(null, '', location.href);
      this.flush_hash();
    } else {
      this.hash_timer = setTimeout(() => this.flush_hash(), 150);
    }
  }

  private flush_hash(): void {
    if (this.hash_timer !== null) clearTimeout(this.hash_timer);
    this.hash_timer = null;
    if (this.next_hash === null) return;
    history.replaceState(null, '', this.next_hash === '' ? location.pathname + location.search : `#${this.next_hash}`);
    this.next_hash = null;
  }

  // The address tells everything on screen; the share sheet of a phone takes it, or the clipboard.
  private async share(what: string): Promise<void> {
    this.flush_hash();
    if (what === 'embed') return this.copy(embed_code(location.href, document.title));
    const touch = matchMedia('(pointer: coarse)').matches;
    if (touch && navigator.share !== undefined) await navigator.share({ title: document.title, url: location.href }).catch(() => {});
    else await this.copy(location.href);
  }

  private async copy(what: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(what);
    } catch {
      // No HTTPS or no permission: the old way, which needs a selection.
      const area = document.createElement('textarea');
      area.value = what;
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
    }
  }
}
