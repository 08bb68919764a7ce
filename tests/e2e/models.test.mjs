// Point 3: two networks in a menu with size and accuracy; the second is fetched when it is chosen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

test('the menu tells size and accuracy, and opens EfficientNet-Lite0', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene);
  await page.press('model');
  await page.id('model.list').waitFor({ state: 'attached' });
  const squeezenet = await page.id('model.squeezenet-1.0').getAttribute('aria-description');
  assert.match(squeezenet, /676 kB|0\.7 MB/);
  assert.match(squeezenet, /57\.5/);
  assert.equal(await page.id('model.squeezenet-1.0').getAttribute('aria-selected'), 'true');
  assert.match(await page.id('model.efficientnet-lite0').getAttribute('aria-description'), /9\.3 MB.*75\.1|75\.1.*9\.3 MB/);
  await page.screenshot('models-menu');
  assert.ok(!scene.host.sent.some(({ path }) => path.endsWith('.csb')), 'not fetched before it is chosen');

  await page.press('model.efficientnet-lite0');
  await page.id('layer.stem').waitFor({ state: 'attached', timeout: 60_000 });
  await page.permalink('model', 'efficientnet-lite0');
  const cat = await page.first_answer((answer) => /cat|tabby/i.test(answer.name));
  assert.ok(cat.probability > 10);
  await page.screenshot('models-efficientnet');
  page.assert_clean();
});

test('a permalink opens its network and its picture', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#model=efficientnet-lite0&image=coffee' });
  const answer = await page.first_answer((first) => /espresso/i.test(first.name));
  assert.ok(answer.probability > 50);
  assert.ok(!scene.host.sent.some(({ path }) => path.endsWith('.net')), 'only the network of the permalink is fetched');
  page.assert_clean();
});

test('a permalink to a network that does not exist opens the first one', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#model=resnet-9000&image=coffee&layer=%00&channel=1e99&unknown=1' });
  await page.first_answer((first) => /espresso/i.test(first.name));
  page.assert_clean();
});
