/** AdamW (Loshchilov & Hutter, ICLR 2019, Algorithm 2) on one flat vector. */
import * as tf from '@tensorflow/tfjs';

export interface AdamWSettings {
  /** Learning rate of each number before the schedule's factor, or one for all. */
  rates: Float32Array | number;
  weightDecay: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
}

/** Owns the parameters and their two moments; `dispose()` frees them. */
export class AdamW {
  #values: tf.Tensor1D;
  #mean: tf.Tensor1D;
  #variance: tf.Tensor1D;
  readonly #rates: tf.Tensor1D | tf.Scalar;
  readonly #weightDecay: number;
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  #step = 0;

  constructor(
    initial: Float32Array,
    { rates, weightDecay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamWSettings,
  ) {
    this.#values = tf.tensor1d(initial);
    this.#mean = tf.zeros([initial.length]);
    this.#variance = tf.zeros([initial.length]);
    this.#rates = typeof rates === 'number' ? tf.scalar(rates) : tf.tensor1d(rates);
    this.#weightDecay = weightDecay;
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#epsilon = epsilon;
  }

  /** The parameters now; replaced by the next `apply`. */
  get values(): tf.Tensor1D {
    return this.#values;
  }

  /** One update by the gradient, the learning rates times `factor`. */
  apply(gradient: tf.Tensor1D, factor = 1): void {
    this.#step++;
    const correction1 = 1 - this.#beta1 ** this.#step;
    const correction2 = 1 - this.#beta2 ** this.#step;
    const [values, mean, variance] = tf.tidy(() => {
      // A tidy for each part: with every kernel trained, what one of them makes on the way is gigabytes.
      const part = (make: () => tf.Tensor) => tf.tidy(make) as tf.Tensor1D; // all of the vector's shape
      const m = part(() => tf.add(tf.mul(this.#mean, this.#beta1), tf.mul(gradient, 1 - this.#beta1)));
      const v = part(() =>
        tf.add(tf.mul(this.#variance, this.#beta2), tf.mul(tf.square(gradient), 1 - this.#beta2)),
      );
      const next = part(() => {
        const root = part(() => tf.add(tf.sqrt(tf.div(v, correction2)), this.#epsilon));
        const direction = part(() => tf.div(tf.div(m, correction1), root));
        const decayed =
          this.#weightDecay === 0
            ? direction
            : part(() => tf.add(direction, tf.mul(this.#values, this.#weightDecay)));
        return tf.sub(this.#values, tf.mul(decayed, tf.mul(this.#rates, factor)));
      });
      return [next, m, v] as const;
    });
    tf.dispose([this.#values, this.#mean, this.#variance]);
    this.#values = values;
    this.#mean = mean;
    this.#variance = variance;
  }

  dispose(): void {
    tf.dispose([this.#values, this.#mean, this.#variance, this.#rates]);
  }
}
