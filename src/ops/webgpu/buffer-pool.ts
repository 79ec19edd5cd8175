/** tfjs-webgpu never gives a freed buffer back to the device, but keeps it for the next tensor of the very same size. */
import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

/** What tfjs-webgpu keeps of freed buffers, for the next of their size. */
interface Pool {
  freeBuffers: Map<string, GPUBuffer[]>;
  numBytesAllocated: number;
  numFreeBuffers: number;
}

/** Gives back what tfjs-webgpu keeps of freed buffers: what comes next needs other sizes. Nothing on other backends. */
export function emptyPool(): void {
  const pool = poolOf();
  if (!pool) return;
  for (const buffers of pool.freeBuffers.values()) {
    for (const buffer of buffers.splice(0)) {
      buffer.destroy();
      pool.numBytesAllocated -= buffer.size;
      pool.numFreeBuffers--;
    }
  }
}

/** For tests: fills what is kept with NaN, so that a program which leaves out a part of its output cannot pass. */
export function poisonPool(): void {
  const { device } = tf.backend() as WebGPUBackend;
  for (const buffers of poolOf()?.freeBuffers.values() ?? [])
    for (const buffer of buffers)
      if (buffer.usage & GPUBufferUsage.COPY_DST)
        device.queue.writeBuffer(buffer, 0, new Uint8Array(buffer.size).fill(0xff));
}

function poolOf(): Pool | null {
  if (tf.getBackend() !== 'webgpu') return null;
  return (tf.backend() as unknown as { bufferManager: Pool }).bufferManager; // private in its types
}
