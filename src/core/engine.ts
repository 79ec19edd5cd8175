/** The engine: its tensor backend, its limits, and what can go wrong with it. */
export type BackendName = 'webgpu' | 'wasm';
/**
 * `auto`: WebGPU on a hardware GPU adapter, WebAssembly otherwise. `webgpu-half`: WebGPU with frozen weights, coefficients and
 * activations in fp16; sums are accumulated in fp32.
 */
export type BackendChoice = 'auto' | 'webgpu-half' | BackendName;

export interface EngineInfo {
  backend: BackendName;
  choice: BackendChoice;
  /** The name of the GPU adapter; null if the browser offers none. */
  adapter: string | null;
  /** True if a GPU computes the tensors; false on the CPU, including a software GPU adapter. */
  hardware: boolean;
  /** Why this backend was chosen, as one sentence. */
  reason: string;
  /** Number of threads of the wasm backend (1 on a page that is not cross-origin isolated); 0 on WebGPU. */
  threads: number;
  /** Whether the page is cross-origin isolated, which wasm threads require. */
  isolated: boolean;
  /** Storage precision of frozen weights, coefficients and activations: fp32 (`single`) or fp16 (`half`). */
  precision: 'single' | 'half';
  limits: EngineLimits;
}

export interface EngineLimits {
  /** Default memory budget of a run, bytes. */
  budget: number;
  /** Size of the largest buffer of an operation, bytes. */
  buffer: number;
}

/** An optimized kernel that this GPU adapter could not compile. Its reference kernel gives the same results, more slowly. */
export interface Notice {
  program: string;
  /** The compiler's error message. */
  reason: string;
}

/** The tensors that TensorFlow.js currently holds. */
export interface MemoryInfo {
  tensors: number;
  bytes: number;
}

/**
 * Failures of the device or its memory that are neither bugs nor wrong input. `engine-ended`: the engine's worker is gone, without a
 * word.
 */
export const FAULT_KINDS = ['device-lost', 'engine-ended', 'out-of-memory', 'gpu-error'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  kind: FaultKind;
  /** What happened and what to do, for the person. */
  message: string;
  /** The device's own error message, for a bug report. */
  details: string;
  /** True if the engine must be restarted before anything else can be computed. */
  engineLost: boolean;
}
