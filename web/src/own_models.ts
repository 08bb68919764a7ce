// Networks that a person opens from a file or an address of their own. The files stay in memory for this visit; what was
// chosen for one (how a picture becomes its input, the names of its classes) is remembered by the file's SHA-256.
import { DownloadError, fetch_bytes, type Progress } from './fetch_bytes.ts';
import { remember, remembered } from './remember.ts';
import { sha256 } from './sha256.ts';
import { text, type Text } from './text.ts';

export const kMaxModelBytes = 600e6; // VGG-19 in float32; the engine, which may use 4 GB, holds the file beside the weights
const kMaxLabelBytes = 1e6;

export interface OwnModel {
  readonly id: string; // the file's name
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
  input: string; // settings as the engine reads them; '': its guess
  labels: string[] | null;
}

// By its name, or as ONNX's ModelProto begins: ir_version, then producer, graph or operator sets (onnx.proto).
export function is_model_file(name: string, head: Uint8Array): boolean {
  if (/\.onnx$/i.test(name)) return true;
  const [tag, version, next] = head;
  return tag === 0x08 && version! >= 1 && version! < 32 && [0x12, 0x3a, 0x42].includes(next!);
}

export function too_large(name: string, bytes: number): Text {
  const size = (bytes / 1e6).toFixed(0);
  return text(
    `${name} has ${size} MB; a network may have up to ${kMaxModelBytes / 1e6} MB in this page. Use the program convscope for larger ones.`,
    `${name} 有 ${size} MB；本页中的网络最大 ${kMaxModelBytes / 1e6} MB。更大的网络请使用 convscope 程序。`,
  );
}

export function elsewhere(id: string): Text {
  return text(
    `This view was made with the network ${id}, which is somebody's own file and not part of the page. Open the same file here to see it.`,
    `此视图使用的网络 ${id} 是某人自己的文件，不在本网页中。请在此打开同一文件后查看。`,
  );
}

function unreadable_names(name: string): DownloadError {
  return new DownloadError(
    text(
      `${name} holds no names of classes. Open a text file with one name on each line, or a JSON list of names.`,
      `${name} 中没有类别名称。请打开每行一个名称的文本文件，或名称的 JSON 列表。`,
    ),
    'no names',
  );
}

// One name on each line; or JSON: a list of names, or an object from index to name (or to a list that ends with the name).
export function read_class_names(name: string, content: string): string[] {
  const lines = content.split(/\r?\n/).map((line) => line.trim());
  let names: string[] = [];
  if (/^\s*[[{]/.test(content)) {
    const name_of = (entry: unknown): string => String(Array.isArray(entry) ? entry.at(-1) : entry);
    try {
      const parsed = JSON.parse(content) as object;
      const entries = Object.entries(parsed).sort(([a], [b]) => Number(a) - Number(b));
      if (entries.every(([key], index) => Number(key) === index)) names = entries.map(([, entry]) => name_of(entry));
    } catch {
      throw unreadable_names(name);
    }
  } else {
    names = lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }
  if (names.length === 0 || names.some((label) => label.includes('\0'))) throw unreadable_names(name);
  return names.map((label) => label.replace(/\s+/g, ' '));
}

export async function read_label_file(file: File): Promise<string[]> {
  if (file.size > kMaxLabelBytes) throw unreadable_names(file.name);
  return read_class_names(file.name, await file.text());
}

// Where a network may come from beside the page's own folder: the place that `?model=` names.
export function model_url(query: string, base: string): URL | null {
  const asked = new URLSearchParams(query).get('model');
  if (asked === null || asked === '') return null;
  try {
    const url = new URL(asked, base);
    return /^https?:$/.test(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

export function file_name(url: URL): string {
  const name = url.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(name) || url.host;
  } catch {
    return name; // a lone % is allowed in an address
  }
}

export async function fetch_model(url: URL, progress: Progress): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await fetch_bytes({ url: url.href, bytes: 0 }, progress);
  } catch (error) {
    throw new DownloadError(
      text(
        `The network at ${url.href} could not be read: it is not there, or its server does not let other pages read it (CORS). Put the file beside this page, or save it and drop it here.`,
        `无法读取 ${url.href} 处的网络：文件不存在，或其服务器不允许其他网页读取（CORS）。请把文件放到本网页旁，或保存后拖到这里。`,
      ),
      String(error),
    );
  }
}

export class OwnModels {
  private readonly models = new Map<string, OwnModel>();

  get(id: string): OwnModel | undefined {
    return this.models.get(id);
  }
  all(): OwnModel[] {
    return [...this.models.values()];
  }

  async read(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<OwnModel> {
    const digest = await sha256(bytes);
    const labels = remembered(`labels-${digest}`);
    return {
      id: name,
      bytes,
      sha256: digest,
      input: remembered(`input-${digest}`) ?? '',
      labels: labels === null ? null : labels.split('\n'),
    };
  }

  // It has been opened with this input: from now on it is in the menu.
  keep(model: OwnModel, input: string): void {
    model.input = input;
    if (input !== '') remember(`input-${model.sha256}`, input);
    this.models.set(model.id, model);
  }

  name_classes(model: OwnModel, labels: string[]): void {
    model.labels = labels;
    remember(`labels-${model.sha256}`, labels.join('\n'));
  }
}
