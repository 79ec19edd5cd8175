/** The WebGPU device under tfjs: opened with all that its adapter grants, and listened to. */
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { deviceLost, type EngineFault, gpuError } from './engine-fault';
import { health } from './engine-health';
import { forgetNotices } from './ops/webgpu/notices';

const BACKEND = 'webgpu';
/** As in tfjs' own registration. */
const PRIORITY = 3;

/** Both are granted only to whoever names them. */
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
  /** What broke it; it is of no use afterwards. */
  fault: EngineFault | null;
}

let current: Watched | null = null;

/**
 * Makes tfjs compute on `adapter`. A device that still works is kept with its tensors, one that broke is replaced. False
 * when tfjs does not take it.
 */
export async function computeOn(adapter: GPUAdapter): Promise<boolean> {
  if (!current || current.fault) {
    const opened: Watched = { device: await open(adapter), fault: null };
    if (tf.findBackendFactory(BACKEND)) tf.removeBackend(BACKEND);
    // Whatever buffers tfjs did not know of go with it.
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
