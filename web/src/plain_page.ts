// Without WebGL 2 nothing can be drawn, but the network still runs: its answers to pictures, in plain HTML.
import { Engine } from './engine.ts';
import { load_engine } from './engine_files.ts';
import type { Boot } from './boot.ts';
import { ModelStore } from './models.ts';
import { text, type Text } from './text.ts';
import { encode_forward, encode_load_model, encode_set_image, kEvent, type Message, type Reader } from './wire.ts';

const kAnswer = text('The network says:', '网络的回答：');

export class PlainPage {
  private engine: Engine | null = null;
  private labels: string[] = [];
  private next_request = 1;
  private has_model = false;
  private has_picture = false;

  constructor(private readonly boot: Boot) {}

  async start(): Promise<void> {
    const { boot } = this;
    const { manifest, language } = boot;
    const models = new ModelStore(manifest, () => {});
    const model = models.entry(manifest.default_model) ?? manifest.models.find((entry) => entry.available);
    const sample = manifest.samples.find((entry) => entry.id === manifest.default_sample);
    if (model === undefined || sample === undefined) return;
    const [files, bytes, picture, labels] = await Promise.all([
      load_engine(boot),
      models.get(model, (received, total) => boot.view.progress(model.id, model.title, received, total)),
      boot.fetch(sample.file, text('Picture', '图片')),
      boot.fetch(`labels.${language}.txt`),
    ]);
    this.labels = new TextDecoder().decode(labels).split('\n');
    this.engine = new Engine(files, boot.choice, boot.features.cores, {
      on_message: (message, event) => this.receive(message, event),
      on_state: (_state, _threads, notice) => notice !== null && this.say(notice),
    });
    this.engine.send_model((request) => encode_load_model(request, model.id, model.format, '', bytes.slice()));
    this.open(sample.title[language], picture);
    const box = document.getElementById('plain')!;
    box.hidden = false;
    document.getElementById('plain-file')!.addEventListener('change', (event) => {
      const file = (event.target as HTMLInputElement).files?.[0];
      if (file !== undefined) void file.arrayBuffer().then((buffer) => this.open(file.name, new Uint8Array(buffer)));
    });
  }

  private open(name: string, bytes: Uint8Array): void {
    document.getElementById('plain-name')!.textContent = name;
    this.engine?.send_picture((request) => encode_set_image(request, name, bytes.slice()));
  }

  private say(sentence: Text): void {
    document.getElementById('plain-answer')!.textContent = sentence[this.boot.language];
    document.getElementById('plain-list')!.replaceChildren();
  }

  private receive(message: Message, event: Reader): void {
    if (event.alternative === kEvent.ModelLoaded) this.has_model = true;
    if (event.alternative === kEvent.ImageReady) this.has_picture = true;
    if ((event.alternative === kEvent.ModelLoaded || event.alternative === kEvent.ImageReady) && this.has_model && this.has_picture) {
      this.engine?.send(encode_forward(this.next_request++, 0));
    }
    if (event.alternative === kEvent.Failed) {
      event.string();
      this.say(text(event.string(), event.string()));
    }
    if (event.alternative === kEvent.ForwardDone) this.show(message, event);
  }

  private show(message: Message, event: Reader): void {
    for (let i = 0; i < 4; ++i) event.u32(); // the picture's height, width and blob, and the logits' blob
    const blob = message.blobs[event.u32()]!;
    const probabilities = new Float32Array(blob.slice().buffer);
    const top = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!).slice(0, 5);
    this.say(kAnswer);
    for (const index of top) {
      const item = document.createElement('li');
      item.textContent = `${this.labels[index] ?? index}: ${(100 * probabilities[index]!).toFixed(1)} %`;
      document.getElementById('plain-list')!.append(item);
    }
  }
}
