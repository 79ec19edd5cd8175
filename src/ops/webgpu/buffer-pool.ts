/** tfjs-webgpu never gives a freed buffer back to the device, but keeps it for the next tensor of the very same size. */
import * as tf from '@tensorflow/tfjs';

/** What tfjs-webgpu keeps of freed buffers, for the next of their size. */
interface Pool {
  freeBuffers: Map<string, GPUBuffer[]>;
  numBytesAllocated: number;
  numFreeBuffers: number;
}

/** Gives back what tfjs-webgpu keeps of freed buffers: what comes next needs other sizes. Nothing on other backends. */
export function emptyPool(): void {
  if (tf.getBackend() !== 'webgpu') return;
  const { bufferManager } = tf.backend() as unknown as { bufferManager: Pool }; // private in its types
  for (const buffers of bufferManager.freeBuffers.values()) {
    for (const buffer of buffers.splice(0)) {
      buffer.destroy();
      bufferManager.numBytesAllocated -= buffer.size;
      bufferManager.numFreeBuffers--;
    }
  }
}
