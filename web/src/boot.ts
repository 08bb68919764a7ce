// What the start has found out and hands to the running page.
import type { BuildChoice } from './choose_build.ts';
import type { Features } from './features.ts';
import type { Manifest } from './manifest.ts';
import type { StartView } from './start_view.ts';
import type { Language, Text } from './text.ts';

export interface Boot {
  manifest: Manifest;
  features: Features;
  choice: BuildChoice;
  language: Language;
  view: StartView;
  // Downloads a file of the site, shown in the start's progress.
  fetch: (name: string, label?: Text) => Promise<Uint8Array<ArrayBuffer>>;
}

