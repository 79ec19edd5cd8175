/** Access to tfjs-webgpu's buffer pool. tfjs never destroys a freed buffer; it reuses it for tensors of exactly the same size. */
import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

/** The private fields of tfjs-webgpu's BufferManager that are used here. */
interface Pool {
  freeBuffers: Map<string, GPUBuffer[]>;
  numBytesAllocated: number;
  numFreeBuffers: number;
}

/** Destroys all free buffers of the pool, before work with other tensor sizes. Does nothing on other backends. */
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

/** For tests: fills the free buffers with NaN, so that a program that does not write all of its output fails. */
export function poisonPool(): void {
  const { device } = tf.backend() as WebGPUBackend;
  for (const buffers of poolOf()?.freeBuffers.values() ?? [])
    for (const buffer of buffers)
      if (buffer.usage & GPUBufferUsage.COPY_DST)
        device.queue.writeBuffer(buffer, 0, new Uint8Array(buffer.size).fill(0xff));
}

function poolOf(): Pool | null {
  if (tf.getBackend() !== 'webgpu') return null;
  return (tf.backend() as unknown as { bufferManager: Pool }).bufferManager; // private in tfjs' types
}
