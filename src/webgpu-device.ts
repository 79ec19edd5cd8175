/** Opens the WebGPU device that tfjs uses, with all features and limits we need, and listens for its errors. */
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { deviceLost, type EngineFault, gpuError } from './engine-fault';
import { health } from './engine-health';
import { forgetNotices } from './ops/webgpu/notices';

const BACKEND = 'webgpu';
/** The priority that tfjs' own registration uses. */
const PRIORITY = 3;

/** Features and limits must be requested explicitly; each is requested at the adapter's value. */
const FEATURES: GPUFeatureName[] = ['shader-f16', 'timestamp-query'];
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

interface Watched {
  device: GPUDevice;
  /** The fault that made the device unusable, if any. */
  fault: EngineFault | null;
}

let current: Watched | null = null;

/**
 * Makes tfjs compute on `adapter`. A working device is reused with its tensors; a failed device is replaced. Returns false if
 * tfjs rejects the device.
 */
export async function computeOn(adapter: GPUAdapter): Promise<boolean> {
  if (!current || current.fault) {
    const opened: Watched = { device: await open(adapter), fault: null };
    if (tf.findBackendFactory(BACKEND)) tf.removeBackend(BACKEND);
    // Destroying the device also frees buffers that tfjs has lost track of.
    current?.device.destroy();
    current = opened;
    watch(opened);
    forgetNotices();
    tf.registerBackend(BACKEND, () => new WebGPUBackend(opened.device, adapter.info), PRIORITY);
  }
  const { device } = current;
  health.reset(() => device.queue.onSubmittedWorkDone());
  return tf.setBackend(BACKEND);
}

async function open(adapter: GPUAdapter): Promise<GPUDevice> {
  return adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  });
}

function watch(watched: Watched): void {
  const { device } = watched;
  const report = (fault: EngineFault) => {
    watched.fault ??= fault;
    if (watched === current && tf.getBackend() === BACKEND) health.report(fault);
  };
  device.addEventListener('uncapturederror', ({ error }) => report(gpuError(error)));
  void device.lost.then((info) => report(deviceLost(info)));
}
