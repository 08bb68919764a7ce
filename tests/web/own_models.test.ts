import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connection_policy } from '../../web/src/connections.ts';
import { file_name, is_model_file, model_url, read_class_names } from '../../web/src/own_models.ts';

test('an ONNX file is known by its name or its first bytes, and no picture is taken for one', () => {
  assert.ok(is_model_file('net.ONNX', Uint8Array.of()));
  assert.ok(is_model_file('model', Uint8Array.of(0x08, 0x07, 0x12, 0x07)));
  assert.ok(is_model_file('model.bin', Uint8Array.of(0x08, 0x0a, 0x3a, 0x80)));
  for (const head of [[], [0x08], [0x08, 0x07], [0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47], [0x08, 0x00, 0x12], [0x08, 0xff, 0x3a]]) {
    assert.ok(!is_model_file('photo.jpg', Uint8Array.from(head)), String(head));
  }
});

test('names of classes: a line each, a JSON list, and the two JSON objects that are in use', () => {
  assert.deepEqual(read_class_names('a.txt', 'cat\r\n  dog \n\nowl\n\n'), ['cat', 'dog', '', 'owl']);
  assert.deepEqual(read_class_names('a.json', '["cat", "dog"]'), ['cat', 'dog']);
  assert.deepEqual(read_class_names('a.json', '{"1": "dog", "0": "cat"}'), ['cat', 'dog']);
  assert.deepEqual(read_class_names('a.json', '{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}'), ['tench', 'goldfish']);
  for (const bad of ['', '\n\n', '[', '{"cat": 0}', '{"1": "dog"}', 'a\0b']) {
    assert.throws(() => read_class_names('a.txt', bad), /a\.txt holds no names of classes/, JSON.stringify(bad));
  }
});

test('?model= is an address of the web, beside the page or elsewhere', () => {
  const base = 'https://a.b/c/';
  assert.equal(model_url('?model=nets/r%2018.onnx', base)?.href, 'https://a.b/c/nets/r%2018.onnx');
  assert.equal(model_url('?model=https%3A%2F%2Fx.y%2Fz.onnx', base)?.href, 'https://x.y/z.onnx');
  assert.equal(model_url('?lang=zh', base), null);
  assert.equal(model_url('?model=', base), null);
  assert.equal(model_url('?model=file:///etc/passwd', base), null);
  assert.equal(model_url('?model=javascript:alert(1)', base), null);
  assert.equal(file_name(new URL('https://x.y/nets/r%2018.onnx?raw=1')), 'r 18.onnx');
  assert.equal(file_name(new URL('https://x.y/100%.onnx')), '100%.onnx');
});

test('the page may talk to its own server and to that of the network, and to no other', () => {
  assert.equal(connection_policy('', 'https://a.b/c/'), "connect-src 'self'");
  assert.equal(connection_policy('?model=net.onnx', 'https://a.b/c/'), "connect-src 'self'");
  assert.equal(connection_policy('?model=https://x.y:8080/z.onnx', 'https://a.b/c/'), "connect-src 'self' https://x.y:8080");
});
