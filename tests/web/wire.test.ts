import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  encode_failed,
  encode_load_model,
  encode_set_image,
  encode_set_pixels,
  encode_set_threads,
  is_final,
  kCommand,
  kEvent,
  kProtocolVersion,
  Reader,
  refused_nodes,
} from '../../web/src/wire.ts';

const kRoot = fileURLToPath(new URL('../..', import.meta.url));
const source = (name: string): string => readFileSync(join(kRoot, 'src/protocol', name), 'utf8');

function variant(file: string, name: string): string[] {
  const found = source(file).match(new RegExp(`using ${name} =\\s+std::variant<([^>]*)>`));
  assert.ok(found, `${file} has no ${name}`);
  return found[1]!.split(',').map((alternative) => alternative.trim());
}

test('positions and version are those of the C++ headers', () => {
  const commands = variant('command.h', 'Command');
  for (const [name, position] of Object.entries(kCommand)) assert.equal(commands.indexOf(name), position, name);
  const events = variant('event.h', 'Event');
  for (const [name, position] of Object.entries(kEvent)) assert.equal(events.indexOf(name), position, name);
  assert.match(source('wire.h'), new RegExp(`kProtocolVersion = ${kProtocolVersion};`));
  events.forEach((name, i) => assert.equal(is_final(i), !['EngineReady', 'MethodPreview'].includes(name), name));
});

test('fields are written in the order of the C++ headers', () => {
  const fields = (file: string, name: string): string => {
    const found = source(file).match(new RegExp(`struct ${name} \\{[\\s\\S]*?v\\(([\\s\\S]*?)\\);`));
    return found?.[1]?.replace(/s\.|\s/g, '') ?? '';
  };
  assert.equal(fields('command.h', 'LoadModel'), 'id,format,input,bytes');
  assert.equal(fields('command.h', 'SetImage'), 'name,bytes');
  assert.equal(fields('types.h', 'Picture'), 'height,width,rgba');
  assert.equal(fields('command.h', 'SetThreads'), 'threads');
  assert.equal(fields('event.h', 'Failed'), 'code,message,nodes,more_nodes');
  assert.equal(fields('event.h', 'RefusedNode'), 'op,name,reason');
  assert.match(fields('event.h', 'ForwardDone'), /^input,logits,probabilities,/);
});

test('a LoadModel message, byte by byte', () => {
  const message = encode_load_model(0x8000_0001, 'ab', 'net', 'c', Uint8Array.of(9, 8));
  assert.deepEqual(
    [...message.header],
    [1, 0, 0, 0, 1, 0, 0, 0x80, 0, 2, 0, 0, 0, 97, 98, 3, 0, 0, 0, 110, 101, 116, 1, 0, 0, 0, 99, 0, 0, 0, 0],
  );
  assert.deepEqual(message.blobs, [Uint8Array.of(9, 8)]);
});

test('the nodes that cannot run become lines', () => {
  const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
  const string = (value: string): Buffer => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);
  const nodes = [['GRU', 'm1', 'none\nsuch', '没有'], ['If', 'm\t2', 'a graph', '子图']];
  const header = Buffer.concat([
    u32(kProtocolVersion), u32(7), Buffer.of(kEvent.Failed), ...['unsupported', 'No.', '不。'].map(string),
    u32(nodes.length), ...nodes.flat().map(string), u32(12),
  ]);
  const failed = new Reader(new Uint8Array(header));
  for (let i = 0; i < 3; ++i) failed.string();
  assert.equal(refused_nodes(failed), 'GRU\tm1\tnone such\t没有\nIf\tm 2\ta graph\t子图\n12');
});

test('what is written can be read', () => {
  const failed = new Reader(encode_failed(7, 'code', 'stopped', '停止').header);
  assert.deepEqual([failed.version, failed.request, failed.alternative], [1, 7, kEvent.Failed]);
  assert.deepEqual([failed.string(), failed.string(), failed.string()], ['code', 'stopped', '停止']);
  assert.equal(refused_nodes(failed), '');
  const image = new Reader(encode_set_image(3, '猫.jpg', new Uint8Array(4)).header);
  assert.deepEqual([image.request, image.string(), image.u32()], [3, '猫.jpg', 0]);
  const pixels = new Reader(encode_set_pixels(4, 10, 20, new Uint8Array(800)).header);
  assert.deepEqual([pixels.u32(), pixels.u32(), pixels.u32()], [10, 20, 0]);
  assert.equal(new Reader(encode_set_threads(5, 3).header).u32(), 3);
});
