// Draws on demand: no frame when nothing changes, and no more than 15 a second for news from a working engine.

const kProgressIntervalMs = 66;

export class Frames {
  private scheduled = false;
  private wanted = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private timer_due = Infinity;
  private last = 0;
  private stopped = false;

  // `draw` draws one frame and returns in how many ms it wants the next: 0 at once, negative none.
  constructor(private readonly draw: (seconds: number) => number) {}

  // At least so many frames, starting with the browser's next.
  wake(frames: number): void {
    this.wanted = Math.max(this.wanted, frames);
    if (this.scheduled || this.stopped) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.frame();
    });
  }

  wake_for_progress(): void {
    this.wake_at(Math.max(performance.now(), this.last + kProgressIntervalMs));
  }

  draw_now(frames: number): void {
    for (let i = 0; i < frames && !this.stopped; ++i) this.frame();
  }

  // While the graphics context is lost there is nothing to draw on.
  stop(): void {
    this.stopped = true;
  }
  go_on(): void {
    this.stopped = false;
    this.wake(3);
  }

  private wake_at(moment: number): void {
    if (this.scheduled || (this.timer !== null && this.timer_due <= moment)) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer_due = moment;
    this.timer = setTimeout(
      () => {
        this.timer = null;
        this.timer_due = Infinity;
        this.wake(1);
      },
      Math.max(0, moment - performance.now()),
    );
  }

  private frame(): void {
    if (this.stopped) return;
    this.last = performance.now();
    const next = this.draw(this.last / 1000);
    this.wanted = Math.max(0, this.wanted - 1);
    if (this.wanted > 0 || next === 0) this.wake(this.wanted);
    else if (next > 0) this.wake_at(this.last + next);
  }
}
