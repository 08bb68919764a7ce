import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plan_isolation, type IsolationInput } from '../../web/src/isolation.ts';

const kStatic: IsolationInput = {
  isolated: false,
  in_frame: false,
  service_worker: true,
  service_worker_off: false,
  wants_threads: true,
  frame_isolation: false,
  reloads: 0,
};
const go = (isolation: string) => ({ action: 'go', isolation });

const kTable: [Partial<IsolationInput>, object][] = [
  [{}, { action: 'reload' }],
  [{ reloads: 1 }, go('failed')],
  [{ isolated: true }, go('isolated')],
  [{ isolated: true, reloads: 1 }, go('isolated')],
  [{ isolated: true, in_frame: true }, go('isolated')],
  [{ service_worker: false }, go('no-service-worker')],
  [{ service_worker_off: true }, go('service-worker-off')],
  [{ wants_threads: false }, go('failed')],
  [{ in_frame: true }, go('frame')],
  [{ in_frame: true, frame_isolation: true }, { action: 'reload' }],
  [{ in_frame: true, frame_isolation: true, reloads: 1 }, go('frame')],
  [{ in_frame: true, frame_isolation: true, service_worker: false }, go('frame')],
];

for (const [difference, plan] of kTable) {
  test(`isolation for ${JSON.stringify(difference)}`, () => {
    assert.deepEqual(plan_isolation({ ...kStatic, ...difference }), plan);
  });
}

test('no input reloads twice', () => {
  for (let bits = 0; bits < 64; ++bits) {
    const bit = (i: number): boolean => ((bits >> i) & 1) === 1;
    const plan = plan_isolation({
      isolated: bit(0),
      in_frame: bit(1),
      service_worker: bit(2),
      service_worker_off: bit(3),
      wants_threads: bit(4),
      frame_isolation: bit(5),
      reloads: 1,
    });
    assert.equal(plan.action, 'go');
  }
});
