/** For tests only: runs the same tests on wasm and on WebGPU (on a software adapter if there is no GPU). */
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe } from 'vitest';
import { startBackend } from './backend';
import type { BackendName } from './core/engine';

/** Runs the tests once per backend and fails if they leave tensors behind. */
export function onBackends(
  title: string,
  tests: (backend: BackendName) => void,
  backends: BackendName[] = ['wasm', 'webgpu'],
): void {
  for (const backend of backends) {
    describe(`${title} (${backend})`, () => {
      let before = 0;
      beforeAll(async () => {
        await startBackend(backend);
        before = tf.memory().numTensors;
      });
      afterAll(() => {
        const left = tf.memory().numTensors - before;
        if (left !== 0) throw new Error(`${left} tensors were left behind.`);
      });
      tests(backend);
    });
  }
}
