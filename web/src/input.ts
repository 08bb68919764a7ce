// Pointer, wheel, keyboard, text input (with composition) and clipboard, from the browser to the page module.
// The listeners sit on the wrapper around canvas and mirror, so that clicks on mirrored elements arrive too.
import type { PageModule } from './page_module.ts';

const kPointer = { move: 0, down: 1, up: 2, leave: 3, cancel: 4 } as const;
const kPointerTypes: Record<string, number> = { mouse: 0, touch: 1, pen: 2 };

const kShift = 2;

export function modifiers_of(event: MouseEvent | KeyboardEvent): number {
  return (event.ctrlKey ? 1 : 0) | (event.shiftKey ? kShift : 0) | (event.altKey ? 4 : 0) | (event.metaKey ? 8 : 0);
}

// Lines of text that a wheel event scrolls, whatever unit the browser counts in.
export function wheel_lines(delta: number, mode: number, page_lines: number): number {
  if (mode === 1) return delta / 3;
  if (mode === 2) return delta * page_lines;
  return delta / 100;
}

export interface InputActions {
  wake(frames: number): void; // draw so many frames soon
  draw_now(frames: number): void; // draw them before returning
  paste_files(files: readonly File[]): void;
}

export class Input {
  private wants_text = false;
  private escapes = 0; // Esc pressed so often in a row
  private composing = false;
  private captured = new Set<number>();

  constructor(
    private readonly wrapper: HTMLElement,
    private readonly textarea: HTMLTextAreaElement,
    private readonly page: PageModule,
    private readonly actions: InputActions,
    private readonly in_frame: boolean,
  ) {
    this.listen_pointer();
    this.listen_wheel();
    this.listen_keys();
    this.listen_text();
    this.listen_clipboard();
    this.listen_focus();
  }

  // The page wants typed text at this place, or no longer.
  ime(wanted: boolean, x: number, y: number, height: number): void {
    this.textarea.style.transform = `translate(${x}px, ${y}px)`;
    this.textarea.style.height = `${Math.max(1, height)}px`;
    if (wanted === this.wants_text) return;
    this.wants_text = wanted;
    this.textarea.tabIndex = wanted ? 0 : -1;
    if (wanted) this.textarea.focus({ preventScroll: true });
    else if (document.activeElement === this.textarea) this.wrapper.focus({ preventScroll: true });
  }

  focus(): void {
    this.wrapper.focus({ preventScroll: true });
  }

  private pointer(kind: number, event: PointerEvent): void {
    const box = this.wrapper.getBoundingClientRect();
    this.page.exports._page_pointer(
      kind,
      event.clientX - box.left,
      event.clientY - box.top,
      event.button,
      kPointerTypes[event.pointerType] ?? 0,
      event.buttons,
      modifiers_of(event),
    );
  }

  private listen_pointer(): void {
    const { wrapper } = this;
    wrapper.addEventListener('pointermove', (event) => {
      if (!event.isPrimary) return;
      this.pointer(kPointer.move, event);
      this.actions.wake(1);
    });
    wrapper.addEventListener('pointerdown', (event) => {
      if (!event.isPrimary) return;
      event.preventDefault(); // or the textarea loses the focus
      if (!this.wants_text) this.focus();
      try {
        wrapper.setPointerCapture(event.pointerId);
        this.captured.add(event.pointerId);
      } catch {
        // The pointer is gone already, or it is a synthetic one.
      }
      this.pointer(kPointer.move, event);
      this.pointer(kPointer.down, event);
      this.actions.wake(3);
    });
    wrapper.addEventListener('pointerup', (event) => {
      if (!event.isPrimary) return;
      this.captured.delete(event.pointerId);
      this.pointer(kPointer.up, event);
      // The click has its effect before anything else looks at the page: assistive tools and tests expect that.
      this.actions.draw_now(4);
    });
    wrapper.addEventListener('pointercancel', (event) => {
      if (!event.isPrimary) return;
      this.pointer(kPointer.cancel, event);
      this.actions.wake(3);
    });
    wrapper.addEventListener('pointerleave', (event) => {
      if (!event.isPrimary || this.captured.has(event.pointerId)) return;
      this.pointer(kPointer.leave, event);
      this.actions.wake(3);
    });
    wrapper.addEventListener('mousedown', (event) => event.preventDefault());
    wrapper.addEventListener('contextmenu', (event) => event.preventDefault());
  }

  private listen_wheel(): void {
    const on_wheel = (event: WheelEvent): void => {
      // In a frame that nobody has clicked, the wheel belongs to the page around it. Ctrl+wheel zooms the browser.
      if (event.ctrlKey || (this.in_frame && !document.hasFocus())) return;
      event.preventDefault();
      const box = this.wrapper.getBoundingClientRect();
      const lines = box.height / 20;
      this.page.exports._page_wheel(
        event.clientX - box.left,
        event.clientY - box.top,
        wheel_lines(event.deltaX, event.deltaMode, lines),
        wheel_lines(event.deltaY, event.deltaMode, lines),
        modifiers_of(event),
      );
      this.actions.wake(8);
    };
    this.wrapper.addEventListener('wheel', on_wheel, { passive: false });
  }

  // Question mark and slash stand on other keys in many layouts, so they go by what they type.
  private readonly typed_slash = new Set<string>();
  private key(event: KeyboardEvent, down: boolean): boolean {
    if (down && (event.key === '?' || event.key === '/')) this.typed_slash.add(event.code);
    const is_slash = down ? event.key === '?' || event.key === '/' : this.typed_slash.delete(event.code);
    const modifiers = modifiers_of(event);
    if (!is_slash) return this.page.key(event.code, down, modifiers);
    return this.page.key('Slash', down, event.key === '?' ? modifiers | kShift : modifiers & ~kShift);
  }

  // Tab walks the page's own controls; after two Esc it is the browser's, so that the keyboard can leave (WCAG 2.1.2).
  private leaves(event: KeyboardEvent): boolean {
    if (event.key === 'Shift') return false;
    const leaves = event.key === 'Tab' && this.escapes >= 2;
    this.escapes = event.key === 'Escape' ? this.escapes + 1 : 0;
    return leaves;
  }

  private listen_keys(): void {
    const is_clipboard = (event: KeyboardEvent, keys: string): boolean =>
      (event.ctrlKey || event.metaKey) && !event.altKey && keys.includes(event.key.toLowerCase());
    this.wrapper.addEventListener('keydown', (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (is_clipboard(event, 'v')) return; // the paste event brings the text
      if (this.leaves(event)) return;
      const used = this.key(event, true);
      if (is_clipboard(event, 'cx')) {
        this.actions.draw_now(1); // so that the copy event finds the text
      } else if (used && !(this.wants_text && event.key.length === 1 && !event.ctrlKey && !event.metaKey)) {
        event.preventDefault();
      }
      this.actions.wake(3);
    });
    this.wrapper.addEventListener('keyup', (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      this.key(event, false);
      this.actions.wake(3);
    });
  }

  private listen_text(): void {
    const { textarea } = this;
    const take = (): void => {
      if (this.composing || textarea.value === '') return;
      this.page.text(textarea.value);
      textarea.value = '';
      this.actions.wake(3);
    };
    textarea.addEventListener('compositionstart', () => {
      this.composing = true;
      textarea.classList.add('composing');
    });
    textarea.addEventListener('compositionend', () => {
      this.composing = false;
      textarea.classList.remove('composing');
      take();
    });
    textarea.addEventListener('input', take);
  }

  private listen_clipboard(): void {
    const on_copy = (event: ClipboardEvent): void => {
      const copied = this.page.copied();
      if (copied === null || copied === '') return;
      event.clipboardData?.setData('text/plain', copied);
      event.preventDefault();
    };
    document.addEventListener('copy', on_copy);
    document.addEventListener('cut', on_copy);
    document.addEventListener('paste', (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) {
        event.preventDefault();
        this.actions.paste_files(files);
        return;
      }
      const pasted = event.clipboardData?.getData('text/plain') ?? '';
      if (pasted === '') return;
      event.preventDefault();
      this.page.clipboard(pasted);
      this.actions.wake(3);
    });
  }

  private listen_focus(): void {
    const tell = (has_focus: boolean): void => {
      this.page.exports._page_focus(has_focus ? 1 : 0);
      // In a frame, a finger scrolls the page around it until the frame has been chosen.
      this.wrapper.style.touchAction = this.in_frame && !has_focus ? 'pan-y' : 'none';
      this.actions.wake(3);
    };
    window.addEventListener('focus', () => tell(true));
    window.addEventListener('blur', () => tell(false));
    tell(document.hasFocus());
  }
}
