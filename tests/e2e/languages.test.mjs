// English and Chinese, from the address, from the browser and at run time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

const has_chinese = (words) => /[\u4e00-\u9fff]/.test(words);

test('?lang=zh: everything that is said is Chinese', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { query: '?lang=zh' });
  assert.equal(await page.page.evaluate(() => document.documentElement.lang), 'zh-CN');
  const [first] = await page.answers();
  assert.ok(has_chinese(first.name), first.name);
  const silent = await page.page.locator('#mirror [role=button], #mirror [role=tab], #mirror [role=region]').evaluateAll((nodes) =>
    nodes.map((node) => `${node.dataset.id}: ${node.getAttribute('aria-label')}`));
  const english = silent.filter((line) => !has_chinese(line) && /: [A-Za-z]{4,}( [a-z]+)+/.test(line));
  assert.deepEqual(english, [], 'no control has an English sentence for a name');
  await page.screenshot('languages-zh');
  page.assert_clean();
});

test('a Chinese browser gets Chinese; the switch changes every word at once, and is remembered', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { locale: 'zh-CN' });
  assert.ok(has_chinese((await page.answers())[0].name));
  await page.press('language');
  await page.first_answer((answer) => !has_chinese(answer.name));
  assert.equal(await page.page.evaluate(() => document.documentElement.lang), 'en');
  await page.page.reload();
  await page.first_answer((answer) => !has_chinese(answer.name));
  page.assert_clean();
});
