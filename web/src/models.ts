// Fetches a model's file and checks it before anything looks inside.
import { DownloadError, fetch_bytes, type Progress } from './fetch_bytes.ts';
import { site_file, type Manifest, type ModelEntry } from './manifest.ts';
import { sha256 } from './sha256.ts';
import { format_bytes, text, type Text } from './text.ts';

export type ModelState = 'waiting' | 'downloading' | 'checking' | 'ready' | 'failed';

export function check_sentence(title: Text, got_bytes: number, want_bytes: number): DownloadError {
  const got = format_bytes(got_bytes);
  const want = format_bytes(want_bytes);
  const size = got === want ? ['', ''] : [` (${got} came, ${want} were expected)`, `（收到 ${got}，应为 ${want}）`];
  return new DownloadError(
    text(
      `The file of ${title.en} is not the one this page was built for${size[0]}: it was damaged on the way or changed on the server. Nothing of it was used; try again, or reload the page.`,
      `${title.zh} 的文件与本页所需的不一致${size[1]}：可能在传输中损坏或在服务器上被更改。未使用其任何内容；请重试或重新加载页面。`,
    ),
    'SHA-256 differs',
  );
}

export class ModelStore {
  private readonly kept = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

  constructor(
    private readonly manifest: Manifest,
    private readonly on_progress: (id: string, received: number, total: number, state: ModelState) => void,
  ) {}

  entry(id: string): ModelEntry | undefined {
    return this.manifest.models.find((model) => model.id === id && model.available);
  }

  // The verified bytes; downloaded once, and again after a failure.
  get(entry: ModelEntry, progress: Progress = () => {}): Promise<Uint8Array<ArrayBuffer>> {
    const known = this.kept.get(entry.id);
    if (known !== undefined) return known;
    const promise = this.fetch(entry, progress);
    this.kept.set(entry.id, promise);
    promise.catch(() => this.kept.delete(entry.id));
    return promise;
  }

  private async fetch(entry: ModelEntry, progress: Progress): Promise<Uint8Array<ArrayBuffer>> {
    const file = site_file(this.manifest, entry.file);
    try {
      const bytes = await fetch_bytes(file, (received, total) => {
        progress(received, total);
        this.on_progress(entry.id, received, total, 'downloading');
      });
      this.on_progress(entry.id, bytes.length, file.bytes, 'checking');
      if ((await sha256(bytes)) !== entry.sha256) throw check_sentence(entry.title, bytes.length, file.bytes);
      this.on_progress(entry.id, bytes.length, file.bytes, 'ready');
      return bytes;
    } catch (error) {
      this.on_progress(entry.id, 0, file.bytes, 'failed');
      throw error;
    }
  }
}
