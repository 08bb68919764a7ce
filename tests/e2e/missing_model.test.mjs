// A site that was built where SqueezeNet's file could not be had: the menu says so, and the rest works.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { kRoot } from './support/host.mjs';
import { open_scene, visit } from './support/page.mjs';

const kReason = {
  en: 'compressed_SqueezeNet.net could not be downloaded when this page was built. Put compressed_SqueezeNet.net into the folder named by CONVSCOPE_DOWNLOADS and build again.',
  zh: '构建本页面时无法下载 compressed_SqueezeNet.net。请把 compressed_SqueezeNet.net 放入 CONVSCOPE_DOWNLOADS 所指的文件夹，然后重新构建。',
};

// The built models without that one file, as models/build.py leaves them, made into a site.
function site_without_squeezenet(folder) {
  const models = process.env.CONVSCOPE_MODELS ?? join(kRoot, 'build/models');
  const catalog = JSON.parse(readFileSync(join(models, 'catalog.json'), 'utf8'));
  const missing = catalog.models.find(({ id }) => id === 'squeezenet-1.0');
  Object.assign(missing, { available: false, reason: kReason });
  delete missing.bytes;
  delete missing.sha256;
  for (const name of readdirSync(models)) {
    if (name !== 'catalog.json' && name !== missing.file) symlinkSync(join(models, name), join(folder, name));
  }
  writeFileSync(join(folder, 'catalog.json'), JSON.stringify(catalog));
  const site = join(folder, 'site');
  const built = spawnSync(process.execPath, [join(kRoot, 'web/build.mjs'), '--fast', '--models', folder, '--out', site, '--cache', join(folder, 'compressed')], { encoding: 'utf8' });
  assert.equal(built.status, 0, built.stderr);
  return site;
}

test('without SqueezeNet: EfficientNet-Lite0 answers at once, and the menu tells why the other is not there', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'convscope-site-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const scene = await open_scene(t, { site: site_without_squeezenet(folder) });
  const page = await visit(scene);
  await page.first_answer((answer) => /cat|tabby/i.test(answer.name));
  await page.id('layer.stem').waitFor({ state: 'attached' });

  await page.press('model');
  const option = page.id('model.squeezenet-1.0');
  await option.waitFor({ state: 'attached' });
  assert.equal(await option.getAttribute('aria-description'), `Not on this site: ${kReason.en}`);
  assert.equal(await option.getAttribute('aria-disabled'), 'true');
  assert.equal(await page.id('model.efficientnet-lite0').getAttribute('aria-selected'), 'true');
  await page.screenshot('models-missing');
  await page.page.keyboard.press('Escape');

  await page.press('language');
  await page.press('model');
  await page.until(
    (reason) => document.querySelector('#mirror [data-id="model.squeezenet-1.0"]')?.getAttribute('aria-description')?.includes(reason), kReason.zh, 'the reason is not given in Chinese');
  await page.page.keyboard.press('Escape');
  await page.press('language');
  await page.press('sample.coffee');
  await page.first_answer((answer) => /espresso/i.test(answer.name));
  page.assert_clean();
});

test('a permalink to the missing network says why, and opens the other one', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'convscope-site-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const scene = await open_scene(t, { site: site_without_squeezenet(folder) });
  const page = await visit(scene, { hash: '#model=squeezenet-1.0&image=coffee' });
  await page.first_answer((answer) => /espresso/i.test(answer.name));
  await page.permalink('model', 'efficientnet-lite0');
  await page.says(/compressed_SqueezeNet\.net could not be downloaded when this page was built/);
  page.assert_clean();
});
