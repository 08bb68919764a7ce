// The first test to read: open the page, look at what the network says, choose another picture, look again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

test('a visitor opens the page, sees an answer, and clicks a picture', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);

  // Nothing was clicked: the network has looked at the cat.
  const cat = await page.first_answer((answer) => answer.probability > 5);
  assert.match(cat.name, /cat|tabby/i);
  await page.screenshot('first-look');

  await page.press('sample.coffee');
  await page.first_answer((answer) => /espresso/i.test(answer.name));
  await page.permalink('image', 'coffee');
  await page.screenshot('first-look-coffee');
  page.assert_clean();
});
