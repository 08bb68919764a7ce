// Sentences that tell a person to press something name buttons that exist, in both languages.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const strings = ['src/ui/strings/frame.def', 'src/ui/strings/lenses.def', 'src/ui/strings/faithfulness.def'].map(read).join('\n');
const labels = { en: new Set<string>(), zh: new Set<string>() };
for (const [, en, zh] of strings.matchAll(/^STRING\(k\w+, "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\)$/gm)) {
  labels.en.add(en!);
  labels.zh.add(zh!);
}

// “…” after a word for pressing, in this language.
const kPressed = { en: /\b[Pp]ress “([^”]+)”/g, zh: /(?:按|点按|点击)“([^”]+)”/g };

const sources = [...readdirSync(new URL('../../web/src/', import.meta.url)).map((name) => `web/src/${name}`), 'src/ui/strings/frame.def', 'src/ui/strings/lenses.def', 'src/ui/strings/faithfulness.def'];
const sentences = sources.flatMap((path) =>
  (['en', 'zh'] as const).flatMap((language) => [...read(path).matchAll(kPressed[language])].map(([, button]) => ({ path, language, button: button! }))),
);

test('quoted buttons exist', () => {
  assert.ok(labels.en.size > 100 && labels.zh.size > 100, 'the strings were read');
  assert.ok(sentences.length >= 6, 'sentences with buttons were found');
  for (const { path, language, button } of sentences) {
    assert.ok(labels[language].has(button), `${path} says to press “${button}”, and no control is called that`);
  }
});

test('nothing to press is named without quotation marks, so that the test above sees it', () => {
  for (const path of sources) {
    const unquoted = [...read(path).matchAll(/\b[Pp]ress (?!“|it\b|Space|Enter|Esc)[A-Z]\w+/g)].map(([words]) => words);
    assert.deepEqual(unquoted, [], path);
  }
});
