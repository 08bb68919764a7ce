// The page's start: what runs here, everything fetched at once, the page module drawn as soon as it is there, and the
// engine told the network and the picture. After that, news go both ways (app.ts).
import { App } from './app.ts';
import type { Boot } from './boot.ts';
import { choose_build, type BuildChoice } from './choose_build.ts';
import { detect_features, type Features } from './features.ts';
import { DownloadError, fetch_bytes } from './fetch_bytes.ts';
import { has_frame_isolation, isolate } from './isolation.ts';
import { restrict_connections } from './connections.ts';
import { read_manifest, site_file } from './manifest.ts';
import { PlainPage } from './plain_page.ts';
import { choose_theme, remembered } from './remember.ts';
import { StartView } from './start_view.ts';
import { choose_language, text, type Text } from './text.ts';

const kNoSimd = text(
  'This browser is too old to run the network: it has no WebAssembly SIMD. Use Firefox 89, Chrome 91, Edge 91 or Safari 16.4, or a later version of one of them.',
  '此浏览器过旧，无法运行网络：不支持 WebAssembly SIMD。请使用 Firefox 89、Chrome 91、Edge 91、Safari 16.4 或更新版本。',
);
const kNoWebgl = text(
  'This browser has no WebGL 2, so the pictures cannot be drawn; the network still answers below. Switch hardware acceleration on in its settings, or use another browser.',
  '此浏览器不支持 WebGL 2，无法绘制画面；网络仍会在下方给出答案。请在设置中开启硬件加速，或换用其他浏览器。',
);

const kLabels: Record<string, Text> = {
  'page.wasm': text('Page', '页面'),
  'font-text.otf': text('Letters', '字体'),
  'font-text-bold.otf': text('Bold letters', '粗体'),
  'font-cjk.otf': text('Chinese letters', '中文字体'),
  'labels.en.txt': text('English names', '英文名称'),
  'labels.zh.txt': text('Chinese names', '中文名称'),
};

function label_of(name: string): Text {
  return kLabels[name] ?? (name.startsWith('engine') ? text('Engine', '计算引擎') : text(name, name));
}

async function choose(features: Features, query: URLSearchParams): Promise<BuildChoice | null> {
  const build_parameter = query.get('build');
  const threads_parameter = query.get('threads');
  const wants_threads =
    features.threads &&
    (features.cores > 1 || threads_parameter !== null) &&
    threads_parameter !== '1' &&
    (build_parameter === null || build_parameter.endsWith('threads'));
  const isolation = await isolate({
    isolated: features.isolated,
    in_frame: features.in_frame,
    service_worker: features.service_worker,
    service_worker_off: query.get('sw') === 'off',
    wants_threads,
    frame_isolation: has_frame_isolation(),
  });
  return choose_build({
    simd: features.simd,
    relaxed_simd: features.relaxed_simd,
    threads: features.threads,
    isolation,
    cores: features.cores,
    build_parameter,
    threads_parameter,
  });
}

async function main(): Promise<void> {
  restrict_connections();
  const query = new URLSearchParams(location.search);
  document.documentElement.dataset.theme = choose_theme(location.hash);
  const manifest = read_manifest();
  const language = choose_language(location.search, location.hash, remembered('language'), navigator.languages);
  const view = new StartView(language);
  try {
    const features = detect_features();
    const choice = await choose(features, query);
    if (choice === null) {
      view.problem(kNoSimd, false);
      return;
    }
    const fetch = (name: string, label = label_of(name)): Promise<Uint8Array<ArrayBuffer>> =>
      fetch_bytes(site_file(manifest, name), (received, total) => view.progress(name, label, received, total));
    const boot: Boot = { manifest, features, choice, language, view, fetch };
    if (features.webgl2) await new App(boot).start();
    else {
      view.problem(kNoWebgl, false);
      await new PlainPage(boot).start();
    }
  } catch (error) {
    const sentence =
      error instanceof DownloadError
        ? error.sentence
        : text(
            `The page could not start (${String(error)}). Reload it; if that does not help, try another browser.`,
            `页面无法启动（${String(error)}）。请重新加载；若无效，请换用其他浏览器。`,
          );
    view.problem(sentence, true);
  }
}

void main();
