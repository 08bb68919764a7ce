// Point 8: five answers with probability and logit; a click makes one the class being asked about.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

test('five answers, most probable first, and a target', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  const answers = await page.answers();
  assert.equal(answers.length, 5);
  for (let i = 1; i < 5; ++i) assert.ok(answers[i - 1].probability >= answers[i].probability);
  for (const { probability, logit } of answers) assert.ok(probability >= 0 && probability <= 100 && Number.isFinite(logit));

  const third = answers[2];
  await page.press(`class.${third.index}`);
  assert.equal(await page.id(`class.${third.index}`).getAttribute('aria-pressed'), 'true');
  await page.permalink('class', String(third.index));
  await page.screenshot('predictions-target');

  // The same by keyboard alone: find a class by its name.
  await page.press('target');
  await page.id('target.search').click();
  await page.page.keyboard.type('goldfish');
  await page.press('target.1');
  await page.permalink('class', '1');
  await page.id('class.1').waitFor({ state: 'attached' });
  page.assert_clean();
});
