// Keys without a mouse: help, the search for a class, lenses by number.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start_host } from './support/host.mjs';
import { open_scene, visit } from './support/page.mjs';

test('?, F1 and / whatever the layout of the keyboard, and numbers for the lenses', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await page.page.mouse.click(700, 880); // the keyboard goes to the page
  const help = page.id('help.sheet');
  const closed = (what) => what.waitFor({ state: 'detached' });

  await page.page.keyboard.press('F1');
  await help.waitFor({ state: 'attached' });
  await page.page.keyboard.press('Escape');
  await closed(help);

  await page.page.keyboard.press('Shift+?');
  await help.waitFor({ state: 'attached' });
  await page.page.keyboard.press('Escape');
  await closed(help);

  // On a German keyboard the question mark stands where others have the minus.
  const keys = await page.context.newCDPSession(page.page);
  const german = (key, code) => ({ key, code, modifiers: 8, windowsVirtualKeyCode: 0xdb, text: key });
  await keys.send('Input.dispatchKeyEvent', { type: 'keyDown', ...german('?', 'Minus') });
  await keys.send('Input.dispatchKeyEvent', { type: 'keyUp', ...german('?', 'Minus') });
  await help.waitFor({ state: 'attached' });
  await page.page.keyboard.press('Escape');
  await closed(help);

  // … and the slash is Shift and 7.
  await keys.send('Input.dispatchKeyEvent', { type: 'keyDown', ...german('/', 'Digit7') });
  await keys.send('Input.dispatchKeyEvent', { type: 'keyUp', ...german('/', 'Digit7') });
  await page.id('target.search').waitFor({ state: 'attached' });
  await page.page.keyboard.type('goldfish');
  await page.page.keyboard.press('Escape');

  await page.page.keyboard.press('3');
  await page.permalink('lens', 'activations');
  assert.equal(await help.count(), 0);
  page.assert_clean();
});

test('Tab walks the page; after two Esc it leaves, in a course page for the next link', async (t) => {
  const scene = await open_scene(t);
  const around = await start_host({ pages: { '/': `<!doctype html><title>a course</title><iframe src="${scene.host.url}" width="1200" height="700"></iframe><a href="#next">next</a>` } });
  t.after(() => around.close());
  const page = await scene.browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(around.url);
  const inside = page.frameLocator('iframe');
  await inside.locator('#mirror [data-id^="class."]').first().waitFor({ state: 'attached', timeout: 60_000 });
  await page.mouse.click(600, 690); // the keyboard goes to the frame
  const focused = () => page.evaluate(() => document.activeElement.tagName);
  for (let i = 0; i < 3; ++i) await page.keyboard.press('Tab');
  assert.equal(await focused(), 'IFRAME');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'IFRAME', 'one Esc closes a menu, no more');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'A');
  await page.close();
});
