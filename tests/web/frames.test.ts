import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frames } from '../../web/src/frames.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
globalThis.requestAnimationFrame = (run) => setTimeout(() => run(performance.now()), 4) as unknown as number;

test('no frame unless something changed', async () => {
  let drawn = 0;
  const frames = new Frames(() => (++drawn, -1));
  await sleep(40);
  assert.equal(drawn, 0);
  frames.wake(3);
  frames.wake(2);
  await sleep(80);
  assert.equal(drawn, 3);
});

test('what the page wants next is kept', async () => {
  let drawn = 0;
  const frames = new Frames(() => (++drawn < 4 ? 0 : drawn === 4 ? 30 : -1));
  frames.wake(1);
  await sleep(150);
  assert.equal(drawn, 5);
});

test('news of a working engine draws at most 15 times a second', async () => {
  let drawn = 0;
  const frames = new Frames(() => (++drawn, -1));
  frames.draw_now(1);
  const end = performance.now() + 400;
  while (performance.now() < end) {
    frames.wake_for_progress();
    await sleep(2);
  }
  assert.ok(drawn >= 4 && drawn <= 8, `${drawn} frames in 0.4 s`);
});

test('nothing is drawn without a graphics context', async () => {
  let drawn = 0;
  const frames = new Frames(() => (++drawn, -1));
  frames.stop();
  frames.wake(3);
  frames.draw_now(2);
  await sleep(30);
  assert.equal(drawn, 0);
  frames.go_on();
  await sleep(50);
  assert.equal(drawn, 3);
});
