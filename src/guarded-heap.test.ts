import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, it } from 'vitest';
import { startBackend } from './backend';
import { EngineFault } from './engine-fault';

beforeAll(() => startBackend('wasm'));

const backend = () => tf.backend() as BackendWasm;
const allocate = (numbers: number) => backend().makeOutput([numbers], 'float32').dataId;

function fault(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

it('reports a full heap and leaves existing tensors intact', async () => {
  const before = tf.tensor1d([1, 2, 3]);
  const held = allocate(6e8); // more than half of the heap
  const error = fault(() => allocate(6e8));
  expect(error).toBeInstanceOf(EngineFault);
  expect(error).toMatchObject({
    kind: 'out-of-memory',
    engineLost: false,
    message: expect.stringMatching(/ran out of memory: 2,400 MB .* lower memory cap or a smaller batch/),
  });
  backend().disposeData(held);
  const again = allocate(6e8);
  backend().disposeData(again);
  const doubled = tf.mul(before, 2);
  expect(await doubled.array()).toEqual([2, 4, 6]);
  tf.dispose([before, doubled]);
});

it('rejects sizes beyond 32 bits, which the allocator would truncate', () => {
  expect(fault(() => allocate(1.2e9))).toMatchObject({ kind: 'out-of-memory' });
});
