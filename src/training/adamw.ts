/** AdamW (Loshchilov & Hutter, ICLR 2019, Algorithm 2) on one flat vector. */
import * as tf from '@tensorflow/tfjs';
import { type AdamWStep, adamwProgram, runAdamw } from '../ops/webgpu/adamw-program';
import { devicePrograms } from '../ops/webgpu/device-programs';
import { webgpuBackend } from '../ops/webgpu/run-program';

export interface AdamWSettings {
  /** The learning rate of each parameter before the schedule's factor, or one for all. */
  rates: Float32Array | number;
  weightDecay: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
}

/** Everything that the next update depends on: three vectors of the same length, and the number of updates so far. */
export interface AdamWState {
  values: Float32Array;
  mean: Float32Array;
  variance: Float32Array;
  step: number;
}

/** Owns the parameters and their two moments; `dispose()` frees them. */
export class AdamW {
  readonly #state: State;
  readonly #rates: tf.Tensor1D | tf.Scalar;
  readonly #weightDecay: number;
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  #step: number;

  /** @param initial the parameters before the first update, or a state to continue from */
  constructor(
    initial: Float32Array | AdamWState,
    { rates, weightDecay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamWSettings,
  ) {
    const start: Start = initial instanceof Float32Array ? { values: initial } : initial;
    this.#state = fitsOneBuffer(start.values.length) ? new JoinedState(start) : new SeparateState(start);
    this.#step = start.step ?? 0;
    this.#rates = typeof rates === 'number' ? tf.scalar(rates) : tf.tensor1d(rates);
    this.#weightDecay = weightDecay;
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#epsilon = epsilon;
  }

  /** The current parameters; the next `apply` replaces and frees the tensor. */
  get values(): tf.Tensor1D {
    return this.#state.values;
  }

  /** Copies of the parameters and moments as they are now. */
  async state(): Promise<AdamWState> {
    const step = this.#step;
    return { ...(await this.#state.read()), step };
  }

  /** One update with the gradient; `factor` multiplies all learning rates. */
  apply(gradient: tf.Tensor1D, factor = 1): void {
    this.#step++;
    this.#state.advance(gradient, this.#rates, {
      beta1: this.#beta1,
      beta2: this.#beta2,
      epsilon: this.#epsilon,
      weightDecay: this.#weightDecay,
      correction1: 1 - this.#beta1 ** this.#step,
      correction2: 1 - this.#beta2 ** this.#step,
      factor,
    });
  }

  dispose(): void {
    this.#state.dispose();
    this.#rates.dispose();
  }
}

type Vectors = Omit<AdamWState, 'step'>;
/** Moments that are absent are zero, as before the first update. */
type Start = Pick<AdamWState, 'values'> & Partial<AdamWState>;

/** The storage of the parameters and their moments. */
interface State {
  readonly values: tf.Tensor1D;
  read(): Promise<Vectors>;
  advance(gradient: tf.Tensor1D, rates: tf.Tensor, step: AdamWStep): void;
  dispose(): void;
}

function fitsOneBuffer(count: number): boolean {
  if (tf.getBackend() !== 'webgpu' || !devicePrograms().works(adamwProgram.name)) return false;
  return 3 * 4 * count <= webgpuBackend().device.limits.maxStorageBufferBindingSize;
}

/** A copy: on some backends the data of a tensor are its own memory. */
const copyOf = async (tensor: tf.Tensor1D) => (await tensor.data<'float32'>()).slice();

/** For WebGPU: one buffer, updated in one dispatch. */
class JoinedState implements State {
  #joined: tf.Tensor1D;
  #values: tf.Tensor1D | null = null;

  constructor({ values, mean, variance }: Start) {
    const joined = new Float32Array(3 * values.length);
    joined.set(values);
    if (mean) joined.set(mean, values.length);
    if (variance) joined.set(variance, 2 * values.length);
    this.#joined = tf.tensor1d(joined);
  }

  async read(): Promise<Vectors> {
    const joined = await copyOf(this.#joined);
    const count = joined.length / 3;
    return {
      values: joined.subarray(0, count),
      mean: joined.subarray(count, 2 * count),
      variance: joined.subarray(2 * count),
    };
  }

  get values(): tf.Tensor1D {
    this.#values ??= tf.keep(tf.slice(this.#joined, 0, this.#joined.size / 3));
    return this.#values;
  }

  advance(gradient: tf.Tensor1D, rates: tf.Tensor, step: AdamWStep): void {
    const next = tf.keep(runAdamw({ state: this.#joined, gradient, rates }, step));
    this.dispose();
    this.#joined = next;
    this.#values = null;
  }

  dispose(): void {
    tf.dispose([this.#joined, this.#values ?? []]);
  }
}

/** For every backend, with tfjs' own operations. */
class SeparateState implements State {
  values: tf.Tensor1D;
  #mean: tf.Tensor1D;
  #variance: tf.Tensor1D;

  constructor({ values, mean, variance }: Start) {
    this.values = tf.tensor1d(values);
    this.#mean = mean ? tf.tensor1d(mean) : tf.zeros([values.length]);
    this.#variance = variance ? tf.tensor1d(variance) : tf.zeros([values.length]);
  }

  async read(): Promise<Vectors> {
    // All are asked for before the first arrives, as an update could free them meanwhile.
    const [values, mean, variance] = await Promise.all([
      copyOf(this.values),
      copyOf(this.#mean),
      copyOf(this.#variance),
    ]);
    return { values, mean, variance };
  }

  advance(gradient: tf.Tensor1D, rates: tf.Tensor, step: AdamWStep): void {
    const { beta1, beta2, epsilon, weightDecay, correction1, correction2, factor } = step;
    const [values, mean, variance] = tf.tidy(() => {
      // Each part has its own tidy: with all kernels trained, the intermediate tensors of a single part take gigabytes.
      const part = (make: () => tf.Tensor) => tf.tidy(make) as tf.Tensor1D; // all parts have the vector's shape
      const m = part(() => tf.add(tf.mul(this.#mean, beta1), tf.mul(gradient, 1 - beta1)));
      const v = part(() => tf.add(tf.mul(this.#variance, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
      const next = part(() => {
        const root = part(() => tf.add(tf.sqrt(tf.div(v, correction2)), epsilon));
        const direction = part(() => tf.div(tf.div(m, correction1), root));
        const decayed =
          weightDecay === 0 ? direction : part(() => tf.add(direction, tf.mul(this.values, weightDecay)));
        return tf.sub(this.values, tf.mul(decayed, tf.mul(rates, factor)));
      });
      return [next, m, v] as const;
    });
    this.dispose();
    this.values = values;
    this.#mean = mean;
    this.#variance = variance;
  }

  dispose(): void {
    tf.dispose([this.values, this.#mean, this.#variance]);
  }
}
