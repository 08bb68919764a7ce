// Methods that explain an answer by a map: chosen, computed before one's eyes, cancelled, each with its figures.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { open_scene, visit } from './support/page.mjs';

const done = (page, id) => page.permalink('method', id).then(() => page.says(/^Computed in: /, 90_000));

test('class activation maps: every method, another class, another layer', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=cam' });
  await page.id('explain.map').waitFor({ state: 'attached', timeout: 30_000 });
  await page.says(/^Highest value before scaling: [\d.e+-]+$/);
  await page.page.waitForTimeout(800);
  await page.screenshot('explain-grad-cam');
  const first = await page.id('explain.map').screenshot();
  const [, second] = await page.answers();
  await page.press(`class.${second.index}`);
  await page.says(new RegExp(`Grad-CAM for ${second.name}`));
  await page.page.waitForTimeout(1500);
  assert.ok(!(await page.id('explain.map').screenshot()).equals(first), 'another class, another map');
  await page.press('layer.fire5');
  await page.permalink('at', 'fire5');
  await page.page.waitForTimeout(1500);
  await page.screenshot('explain-grad-cam-fire5');
  await page.id('explain.map').hover();
  await page.says(/^Value of the map: [\d.e+-]+$/);
  for (const [index, id] of ['grad_cam_pp', 'hires_cam', 'layer_cam', 'xgrad_cam', 'score_cam', 'ablation_cam', 'eigen_cam', 'eigen_grad_cam', 'cam', 'random_cam'].entries()) {
    if (id === 'score_cam') continue; // below
    await page.press('explain.method');
    await page.press(`explain.method.${index + 1}`);
    await done(page, id);
  }
  page.assert_clean();
});

test('Score-CAM grows before one\u2019s eyes, and can be cancelled', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=cam&method=score_cam' });
  const said = await page.says(/^\d+ of 512$/, 60_000);
  assert.ok(Number(/^\d+/.exec(said)[0]) < 512);
  await page.screenshot('explain-score-cam-running');
  await page.press('work.cancel');
  await page.id('work.cancel').waitFor({ state: 'detached', timeout: 5000 });
  await page.page.waitForTimeout(1000);
  assert.equal(await page.id('work.cancel').count(), 0, 'it does not begin again by itself');
  await page.press('explain.again');
  await page.id('work.cancel').waitFor({ state: 'attached' });
  page.assert_clean();
});

test('two classes on one picture, and the object cut out', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=cam&layer=fire9' });
  await page.id('explain.map').waitFor({ state: 'attached', timeout: 30_000 });
  const [first, second] = await page.answers();
  await page.press('explain.against');
  await page.press('explain.against.1');
  await page.permalink('against', String(second.index));
  await page.says(new RegExp(`orange speaks more for ${first.name}, blue more for ${second.name}`));
  await page.page.waitForTimeout(800);
  await page.screenshot('explain-against');
  await page.lens('segmentation');
  await page.says(/^Share of the picture: [\d.]+ %$/, 60_000);
  await page.id('explain.save').waitFor({ state: 'attached', timeout: 30_000 });
  await page.page.waitForTimeout(500);
  await page.screenshot('explain-segmentation');
  const [download] = await Promise.all([page.page.waitForEvent('download'), page.press('explain.save')]);
  assert.equal(download.suggestedFilename(), 'convscope-squeezenet-1.0-cut-out.png');
  assert.equal(readFileSync(await download.path())[25], 6, 'colours and alpha');
  page.assert_clean();
});

test('gradients and occlusion', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=occlusion&occlusion.stride=32' });
  await page.says(/^Windows: 64$/, 60_000);
  await page.page.waitForTimeout(800);
  await page.screenshot('explain-occlusion');
  // A place is looked into by pointing at it: what is left, and the five first answers to that.
  assert.equal(await page.id('explain.covered').count(), 0);
  const rows = await page.page.locator('#mirror [data-id]').evaluateAll((nodes) => nodes.filter((node) => /^[^:]+: [<>]?[\d.]+%$/.test(node.textContent)).length);
  await page.id('explain.map').hover();
  await page.says(/^Value of the map: -?[\d.e+-]+$/);
  await page.says(/^Covered from row \d+, column \d+ on$/, 30_000);
  await page.id('explain.covered').waitFor({ state: 'attached', timeout: 30_000 });
  await page.until((wanted) => [...document.querySelectorAll('#mirror [data-id]')]
    .filter((node) => /^[^:]+: [<>]?[\d.]+%$/.test(node.textContent)).length === wanted, rows + 5, 'the five first answers to the covered picture');
  await page.screenshot('explain-occlusion-covered');
  await page.lens('gradients');
  await page.says(/^Completeness gap: -?[\d.e+-]+$/, 60_000);
  await page.page.waitForTimeout(800);
  await page.screenshot('explain-integrated-gradients');
  await page.press('explain.method');
  await page.press('explain.method.3');
  await done(page, 'guided_backprop');
  await page.page.waitForTimeout(800);
  await page.screenshot('explain-guided');
  await page.press('layer.fire4'); // one unit of a layer
  await page.says(/^Activation of the unit: [\d.]+$/);
  page.assert_clean();
});

test('an occlusion is looked into while it fills in', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=occlusion&occlusion.stride=4' });
  await page.says(/^\d+ of \d+$/, 60_000);
  await page.id('explain.map').waitFor({ state: 'attached', timeout: 30_000 });
  await page.id('explain.map').hover();
  await page.says(/^Value of the map: -?[\d.e+-]+$/);
  await page.id('explain.covered').waitFor({ state: 'attached', timeout: 30_000 });
  const windows = async () => Number(/^\d+/.exec(await page.says(/^\d+ of \d+$/))[0]);
  const before = await windows();
  await page.page.waitForTimeout(1500);
  assert.ok((await windows()) > before, 'and it goes on meanwhile');
  page.assert_clean();
});

test('the unit that is projected is chosen, and kept in the address', async (t) => {
  const scene = await open_scene(t);
  const page = await visit(scene, { hash: '#lens=gradients&method=deconvnet&at=fire4' });
  const unit = /^Projected: the unit of channel (\d+) of fire4 in row (\d+), column (\d+), whose activation is (\S+)\. The frame/;
  const [, strongest, , , most] = unit.exec(await page.says(unit, 60_000));
  await page.press('explain.unit');
  const tile = page.page.locator('#mirror [data-id^="explain.channel."]').nth(2); // the strongest is the first
  await tile.waitFor({ state: 'attached' });
  const other = (await tile.getAttribute('data-id')).slice('explain.channel.'.length);
  assert.notEqual(other, strongest);
  await page.press(`explain.channel.${other}`);
  await page.permalink('unit', String(other));
  const chosen = new RegExp(`^Projected: the unit of channel ${other} of fire4 in row \\d+, column \\d+, whose activation is (\\S+)\\. The frame`);
  const [, activation] = chosen.exec(await page.says(chosen, 30_000));
  assert.ok(Number(activation) <= Number(most), 'no channel has a stronger unit than the strongest');
  await page.id('deconvnet.row').focus();
  await page.page.keyboard.press('ArrowRight');
  await page.permalink('deconvnet.row', '0');
  await page.says(new RegExp(`^Projected: the unit of channel ${other} of fire4 in row 0, `), 30_000);
  await page.page.waitForTimeout(500);
  await page.screenshot('explain-unit');
  page.assert_clean();

  const again = await visit(scene, { hash: `#lens=gradients&method=deconvnet&at=fire4&unit=${other}&deconvnet.row=1&deconvnet.column=2` });
  await again.says(new RegExp(`^Projected: the unit of channel ${other} of fire4 in row 1, column 2, `), 60_000);
  again.assert_clean();
});
