// The link to a view and the code that shows the same view in a course's own page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start_host } from './support/host.mjs';
import { open_scene, visit } from './support/page.mjs';

const kView = '#lens=activations&layer=fire4&image=coffee&channel=3';

async function copied(page, item) {
  await page.press('share');
  await page.press(item);
  await page.id('share.list').waitFor({ state: 'detached' });
  return page.page.evaluate(() => navigator.clipboard.readText());
}

test('a link and the code of a frame, each showing the same view again', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: kView, permissions: ['clipboard-read', 'clipboard-write'] });
  await page.id('channel.3').waitFor({ state: 'attached' });
  await page.press('share');
  await page.page.waitForTimeout(300);
  await page.screenshot('share');
  await page.page.keyboard.press('Escape');

  const link = await copied(page, 'share.link');
  assert.equal(link, page.page.url());
  for (const part of kView.slice(1).split('&')) assert.ok(link.includes(part), `${part} in ${link}`);

  const code = await copied(page, 'share.embed');
  const course = await start_host({ pages: { '/': `<!doctype html><title>a course</title><h1>Week 3</h1>${code}` } });
  t.after(() => course.close());
  const reader = await page.context.newPage();
  await reader.goto(course.url);
  const frame = reader.locator('iframe');
  assert.equal(await frame.getAttribute('src'), link);
  assert.equal(await frame.getAttribute('title'), 'ConvScope');
  await frame.scrollIntoViewIfNeeded();
  const inside = reader.frameLocator('iframe').locator('#mirror');
  await inside.locator('[data-id="activations.map"]').waitFor({ state: 'attached', timeout: 60_000 });
  assert.match(await inside.locator('[data-id="sample.coffee"]').getAttribute('aria-pressed') ?? '', /true/);
  page.assert_clean();
});
