// Sentences in the page's two languages, and the formats of numbers in them.

export type Language = 'en' | 'zh';

export interface Text {
  readonly en: string;
  readonly zh: string;
}

export function text(en: string, zh: string): Text {
  return { en, zh };
}

// The language to start with: `?lang=`, then the hash's `lang=`, then the one chosen last time, then the browser's.
export function choose_language(query: string, hash: string, last: string | null, browser: readonly string[]): Language {
  const asked = new URLSearchParams(query).get('lang') ?? new URLSearchParams(hash.replace(/^#/, '')).get('lang');
  for (const wish of [asked, last]) if (wish === 'en' || wish === 'zh') return wish;
  const first = browser.find((tag) => /^(en|zh)\b/i.test(tag));
  return first !== undefined && /^zh\b/i.test(first) ? 'zh' : 'en';
}

// What a course page puts into its HTML to show this view.
export function embed_code(address: string, title: string): string {
  const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<iframe src="${escaped(address)}" title="${escaped(title)}" width="100%" height="700" loading="lazy" allow="camera; clipboard-write; cross-origin-isolated"></iframe>`;
}

// Bytes as a person reads them: decimal units, as file managers and browsers show them.
export function format_bytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(bytes < 1e4 ? 1 : 0)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
