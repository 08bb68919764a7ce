// Downloads with progress in bytes, and the sentences for downloads that fail.
import { text, type Text } from './text.ts';
import type { SiteFile } from './manifest.ts';

export class DownloadError extends Error {
  constructor(
    readonly sentence: Text,
    cause: string,
  ) {
    super(`${sentence.en} (${cause})`);
  }
}

export type Progress = (received: number, total: number) => void;

function name_of(url: string): string {
  return url.split('/').at(-1)!.split('?')[0]!;
}

function network_error(url: string, cause: unknown): DownloadError {
  const name = name_of(url);
  const sentence = navigator.onLine
    ? text(`${name} could not be downloaded. Check the connection and try again.`, `无法下载 ${name}。请检查网络连接后重试。`)
    : text(
        `${name} is not stored on this computer yet, and you are offline. Go online and try again.`,
        `${name} 尚未保存在本机，而您目前离线。请联网后重试。`,
      );
  return new DownloadError(sentence, String(cause));
}

export async function fetch_bytes(file: SiteFile, progress: Progress = () => {}): Promise<Uint8Array<ArrayBuffer>> {
  progress(0, file.bytes);
  let response: Response;
  try {
    response = await fetch(file.url);
  } catch (error) {
    throw network_error(file.url, error);
  }
  if (!response.ok || response.body === null) {
    const sentence = text(
      `${name_of(file.url)} could not be downloaded: the server answered ${response.status}. Reload the page; it may have been updated.`,
      `无法下载 ${name_of(file.url)}：服务器返回 ${response.status}。请重新加载页面，网站可能已更新。`,
    );
    throw new DownloadError(sentence, `HTTP ${response.status}`);
  }
  let bytes = new Uint8Array(file.bytes);
  let received = 0;
  const reader = response.body.getReader();
  for (;;) {
    let chunk: ReadableStreamReadResult<Uint8Array>;
    try {
      chunk = await reader.read();
    } catch (error) {
      throw network_error(file.url, error);
    }
    if (chunk.done) break;
    if (received + chunk.value.length > bytes.length) {
      const larger = new Uint8Array(Math.max(2 * bytes.length, received + chunk.value.length));
      larger.set(bytes.subarray(0, received));
      bytes = larger;
    }
    bytes.set(chunk.value, received);
    received += chunk.value.length;
    progress(Math.min(received, file.bytes), file.bytes);
  }
  return received === bytes.length ? bytes : bytes.slice(0, received);
}
