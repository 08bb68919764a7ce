// What every end-to-end test uses: a Chromium with software WebGL, a page that is watched for errors and for requests
// to other origins, and words for what a person does. The page is reached through its accessible mirror, the keyboard,
// the pointer and the permalink, and through nothing else.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { kRoot, start_host } from './host.mjs';

const kArtifacts = process.env.CONVSCOPE_ARTIFACTS ?? join(kRoot, 'build/e2e-artifacts');
const kFlags = [
  '--no-sandbox', '--disable-gpu', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run',
  '--use-fake-device-for-media-stream',
];
// Chromium's own remarks about drawing without a graphics card.
const kHarmless = [/GPU stall due to ReadPixels/, /was preloaded using link preload but not used/, /blocked by Playwright/];

export async function launch(extra = []) {
  return chromium.launch({ headless: true, executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...kFlags, ...extra] });
}

// Each lens and the question it answers.
export const kLenses = { overview: 'inside', filters: 'inside', activations: 'inside', gradient: 'why', gradients: 'why', cam: 'why', occlusion: 'why', segmentation: 'why', contribution: 'why', faithfulness: 'why', adversarial: 'why', dream: 'want' };

// A browser and a host for one test, closed when it ends.
export async function open_scene(t, { isolated = true, flags = [], ...host_options } = {}) {
  const browser = await launch(flags);
  const host = await start_host({ isolated, ...host_options });
  t.after(async () => {
    await browser.close();
    await host.close();
  });
  return { browser, host };
}

// Screenshots are kept for people to look at.
export async function keep_screenshot(page, name) {
  mkdirSync(kArtifacts, { recursive: true });
  await page.screenshot({ path: join(kArtifacts, `${name}.png`) });
}

export class Visit {
  constructor(page, origin) {
    this.page = page;
    this.errors = [];
    this.foreign = [];
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      if (!kHarmless.some((pattern) => pattern.test(message.text()))) this.errors.push(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.errors.push(`uncaught: ${error.message}`));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (!['blob:', 'data:'].includes(url.protocol) && url.origin !== origin) this.foreign.push(request.url());
    });
  }

  // The mirror's element of a stable id, e.g. "model" or "layer.fire5".
  id(key) {
    return this.page.locator(`#mirror [data-id="${key}"]`);
  }
  // Waits until something on the page says this: a text, a control's name, a note to it.
  async says(pattern, timeout = 15_000) {
    const found = await this.page.waitForFunction(
      ([source, flags]) => {
        const expression = new RegExp(source, flags);
        for (const node of document.querySelectorAll('#mirror [data-id]')) {
          const own = [...node.childNodes].filter((child) => child.nodeType === 3).map((child) => child.data).join('');
          const all = [own, node.getAttribute('aria-label'), node.getAttribute('aria-description'), node.getAttribute('aria-valuetext')];
          const said = all.find((words) => words !== null && expression.test(words));
          if (said !== undefined) return said;
        }
        return null;
      },
      [pattern.source, pattern.flags],
      { timeout },
    ).catch(() => null);
    if (found === null) assert.fail(`nothing on the page says ${pattern}; it says:\n${await this.everything()}`);
    return found.jsonValue();
  }
  async everything() {
    return this.page.locator('#mirror [data-id]').evaluateAll((nodes) =>
      nodes.map((node) => [node.dataset.id, node.getAttribute('role'), node.getAttribute('aria-label'), node.textContent].join(' | ')).join('\n'));
  }
  // Clicks a control, scrolling it into sight first where it is not.
  async press(key) {
    const control = this.id(key);
    await control.waitFor({ state: 'attached' });
    if (await control.evaluate((node) => node.style.pointerEvents === 'none')) {
      await control.focus();
      await this.page.waitForFunction(
        (wanted) => document.querySelector(`#mirror [data-id="${wanted}"]`)?.style.pointerEvents !== 'none', key, { timeout: 5000 });
    }
    await control.click();
  }
  // Opens a lens as a person does: its question first, then its own tab, which is there where a question has several.
  async lens(name) {
    const question = kLenses[name];
    await this.choose_tab(`question.${question}`);
    if (Object.values(kLenses).filter((other) => other === question).length > 1) await this.choose_tab(`lens.${name}`);
  }
  async choose_tab(key) {
    const tab = this.id(key);
    await tab.waitFor({ state: 'attached' });
    if ((await tab.getAttribute('aria-selected')) === 'true') return;
    await this.press(key);
    await this.page.waitForFunction(
      (wanted) => document.querySelector(`#mirror [data-id="${wanted}"]`)?.getAttribute('aria-selected') === 'true', key, { timeout: 5000 });
  }
  // Waits for a change of the permalink.
  async permalink(key, value, timeout = 5000) {
    await this.page.waitForFunction(
      ([name, wanted]) => new URLSearchParams(location.hash.slice(1)).get(name) === wanted, [key, value], { timeout });
  }
  // Waits until a condition over the page, given one argument, holds; the message says what did not happen.
  async until(condition, argument, message, timeout = 15_000) {
    await this.page.waitForFunction(condition, argument, { timeout }).catch(() => assert.fail(message));
  }
  async label(key) {
    return (await this.id(key).getAttribute('aria-label')) ?? '';
  }
  // The numbers at the two ends of the colour bar whose other words match, e.g. /111×111/.
  async colour_bar(words, timeout = 15_000) {
    const said = await this.says(new RegExp(`Colour bar from \\S+ to \\S+, .*${words.source}`), timeout);
    const [, low, high] = /from (\S+) to (\S+),/.exec(said);
    return { low: Number(low), high: Number(high) };
  }
  async text(key) {
    return (await this.id(key).textContent())?.trim() ?? '';
  }
  // Waits until the network has answered: the first class has its probability.
  async answered(timeout = 60_000) {
    await this.page.locator('#mirror [data-id^="class."]').first().waitFor({ state: 'attached', timeout });
  }
  // The five answers, most probable first.
  async answers() {
    return this.page.locator('#mirror [data-id^="class."][role="button"]').evaluateAll((nodes) =>
      nodes.map((node) => {
        const said = (part) => parseFloat(document.querySelector(`#mirror [data-id="${node.dataset.id}.${part}"]`)?.textContent ?? 'NaN');
        return {
          index: Number(node.dataset.id.slice('class.'.length)), name: node.getAttribute('aria-label'),
          probability: said('probability'), logit: said('logit'),
        };
      }));
  }
  // Waits until the first answer satisfies a condition.
  async first_answer(is_it, timeout = 30_000) {
    const end = Date.now() + timeout;
    for (;;) {
      const [first] = await this.answers();
      if (first !== undefined && is_it(first)) return first;
      if (Date.now() > end) assert.fail(`the first answer is ${JSON.stringify(first)}`);
      await this.page.waitForTimeout(50);
    }
  }
  screenshot(name) {
    return keep_screenshot(this.page, name);
  }
  async state() {
    return new URLSearchParams(await this.page.evaluate(() => location.hash.slice(1)));
  }
  assert_clean() {
    assert.deepEqual(this.errors, [], 'the console is clean');
    assert.deepEqual(this.foreign, [], 'no request goes to another origin');
  }
}

// The events a browser makes of a dropped or pasted file.
export async function give_file(page, kind, file, name, type) {
  const base64 = file.toString('base64');
  await page.page.evaluate(async ([event, data, file_name, mime]) => {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], file_name, { type: mime }));
    if (event === 'paste') document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true }));
    else for (const step of ['dragenter', 'dragover', 'drop']) window.dispatchEvent(new DragEvent(step, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, [kind, base64, name, type]);
}

// Opens the page: `query` begins with "?", `hash` with "#"; `prepare` may change the browser first.
export async function visit({ browser, host }, { query = '', hash = '', path = '', viewport = { width: 1440, height: 900 }, wait = true, prepare = async () => {}, ...context } = {}) {
  const surroundings = await browser.newContext({ viewport, locale: 'en-GB', ...context });
  const page = await surroundings.newPage();
  const result = new Visit(page, new URL(host.url).origin);
  result.context = surroundings;
  await prepare(page, surroundings);
  await page.goto(`${host.url}${path}${query}${hash}`);
  if (wait) await result.answered();
  return result;
}
