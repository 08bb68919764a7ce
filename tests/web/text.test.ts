import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choose_language, embed_code, format_bytes } from '../../web/src/text.ts';
import { tab_separated } from '../../web/src/page_module.ts';

test('the language is what the address asks, then what the browser speaks', () => {
  assert.equal(choose_language('?lang=zh', '', null, ['en-GB']), 'zh');
  assert.equal(choose_language('', '#v=1&lang=zh', null, ['en-GB']), 'zh');
  assert.equal(choose_language('?lang=en', '#lang=zh', null, ['zh-CN']), 'en');
  assert.equal(choose_language('?lang=fr', '', null, ['fr', 'zh-TW', 'en']), 'zh');
  assert.equal(choose_language('', '', null, ['de', 'en-US', 'zh']), 'en');
  assert.equal(choose_language('', '', null, []), 'en');
  assert.equal(choose_language('', '', 'zh', ['en']), 'zh');
  assert.equal(choose_language('', '#lang=en', 'zh', ['zh']), 'en');
});

test('bytes read as file managers show them', () => {
  assert.deepEqual([0, 999, 1000, 9949, 37971, 675763, 9322208].map(format_bytes), ['0 B', '999 B', '1.0 kB', '9.9 kB', '38 kB', '676 kB', '9.3 MB']);
});

test('tables keep their shape whatever a field says', () => {
  assert.equal(tab_separated([['a\tb', 1], ['c\r\nd', '']]), 'a b\t1\nc d\t');
});

test('the address and the title of a frame are escaped as HTML asks', () => {
  assert.match(embed_code('https://a.b/?x=1#v=1&q="<', 'A "B"'), /^<iframe src="https:\/\/a\.b\/\?x=1#v=1&amp;q=&quot;&lt;" title="A &quot;B&quot;" .*><\/iframe>$/);
});
