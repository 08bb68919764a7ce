import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adapt_threads, kLagWindow, type ThreadState } from '../../web/src/adapt_threads.ts';

const state = (threads: number, lag: number, count = kLagWindow): ThreadState => ({
  threads,
  maximum: 4,
  lags: Array.from({ length: count }, () => lag),
  quiet_until: 0,
});

test('a late page gets a core back', () => {
  assert.equal(adapt_threads(state(3, 60), 1000).threads, 2);
});
test('one thread is always left', () => {
  assert.equal(adapt_threads(state(1, 500), 1000).threads, 1);
});
test('a page on time lends a core', () => {
  assert.equal(adapt_threads(state(3, 2), 1000).threads, 4);
  assert.equal(adapt_threads(state(4, 2), 1000).threads, 4);
});
test('a single late timer changes nothing', () => {
  const lags = [...state(3, 12).lags.slice(1), 300];
  assert.equal(adapt_threads({ ...state(3, 0), lags }, 0).threads, 3);
});
test('nothing is decided before there are enough timers', () => {
  assert.equal(adapt_threads(state(3, 500, kLagWindow - 1), 0).threads, 3);
});
test('after suffering, no more threads for half a minute', () => {
  const suffered = adapt_threads(state(3, 60), 1000);
  const better = { ...suffered, lags: state(2, 1).lags };
  assert.equal(adapt_threads(better, 20_000).threads, 2);
  assert.equal(adapt_threads(better, 40_000).threads, 3);
});
