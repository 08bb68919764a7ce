// The HTML that stands until the page module draws: progress in bytes per file and in sum, what happens after the
// downloads, and the sentences for browsers that cannot run the page.
import { format_bytes, text, type Language, type Text } from './text.ts';

export type Stage = 'downloading' | 'compiling' | 'starting';

const kStages: Record<Stage, Text> = {
  downloading: text('Downloading', '正在下载'),
  compiling: text('Preparing the programs', '正在编译程序'),
  starting: text('Starting the network', '正在启动网络'),
};

interface Row {
  received: number;
  total: number;
  element: HTMLElement;
}

function by_id(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`index.html has no #${id}`);
  return element;
}

export class StartView {
  private readonly rows = new Map<string, Row>();
  private stage: Stage = 'downloading';

  constructor(private readonly language: Language) {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    for (const element of document.querySelectorAll<HTMLElement>('[data-en]')) {
      element.textContent = element.dataset[language] ?? '';
    }
    by_id('start').dataset.state = 'running';
    this.show_stage(this.stage);
  }

  progress(name: string, label: Text, received: number, total: number): void {
    let row = this.rows.get(name);
    if (row === undefined) {
      const element = document.createElement('li');
      element.append(document.createElement('span'), document.createElement('span'), document.createElement('i'));
      element.children[0]!.textContent = label[this.language];
      by_id('files').append(element);
      row = { received, total, element };
      this.rows.set(name, row);
    }
    row.received = received;
    row.total = total;
    row.element.children[1]!.textContent = `${format_bytes(received)} / ${format_bytes(total)}`;
    (row.element.children[2] as HTMLElement).style.setProperty('--part', String(total > 0 ? received / total : 1));
    this.sum();
  }

  show_stage(stage: Stage): void {
    this.stage = stage;
    by_id('stage').textContent = `${kStages[stage][this.language]} …`;
    by_id('start').dataset.stage = stage;
  }

  // A problem that keeps the page from running; the explanation on the page stays.
  problem(sentence: Text, retry: boolean): void {
    by_id('start').dataset.state = 'failed';
    const box = by_id('problem');
    box.hidden = false;
    by_id('problem-text').textContent = sentence[this.language];
    by_id('problem-retry').hidden = !retry;
    by_id('problem-retry').onclick = () => location.reload();
  }

  // The page module draws from here on; what is still to come is told at the lower edge.
  dock(): void {
    by_id('start').dataset.docked = '';
  }
  finish(): void {
    by_id('start').hidden = true;
  }

  private sum(): void {
    let received = 0;
    let total = 0;
    for (const row of this.rows.values()) {
      received += row.received;
      total += row.total;
    }
    const bar = by_id('bar');
    bar.style.setProperty('--part', String(total > 0 ? received / total : 0));
    bar.setAttribute('aria-valuenow', String(total > 0 ? Math.round((100 * received) / total) : 0));
    by_id('sum').textContent = `${format_bytes(received)} / ${format_bytes(total)}`;
  }
}
