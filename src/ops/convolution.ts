import * as tf from '@tensorflow/tfjs';
import { defineOp } from './define-op';
import { wasmConvolution } from './wasm/convolution';
import { webgpuConvolution } from './webgpu/kernels';

export type ConvolutionInputs = {
  /** `[n, h, w, c_in]` */
  x: tf.Tensor4D;
  /** `[k, k, c_in, c_out]` */
  kernel: tf.Tensor4D;
  /** `[c_out]` */
  bias?: tf.Tensor1D;
  /** `[n, h', w', c_out]`, added before the ReLU. */
  residual?: tf.Tensor4D;
};

export type ConvolutionAttributes = {
  stride: number;
  /** Zero padding on each side, as in PyTorch; tfjs' padding 'same' differs from it at stride 2. */
  pad: number;
  relu: boolean;
  /** Whether the output is stored in fp16 (fp16.ts); WebGPU only. */
  fp16: boolean;
};

/** y = ReLU?(conv(x, kernel) + bias + residual), `[n, h', w', c_out]` with h' = ⌊(h + 2·pad − k)/stride⌋ + 1. */
export const convolution = defineOp<ConvolutionInputs, ConvolutionAttributes, tf.Tensor4D>({
  name: 'AtomtuneConvolution',
  webgpu: webgpuConvolution,
  reference: ({ x, kernel, bias, residual }, { stride, pad, relu }) => {
    const fused = tf.engine().runKernel(
      'FusedConv2D',
      { x, filter: kernel, ...(bias && { bias }) },
      {
        strides: [stride, stride],
        pad,
        dataFormat: 'NHWC',
        dilations: [1, 1],
        activation: relu && !residual ? 'relu' : 'linear',
      },
    ) as tf.Tensor4D; // one output
    if (!residual) return fused;
    const sum = tf.add<tf.Tensor4D>(fused, residual);
    return relu ? tf.relu(sum) : sum;
  },
  wasm: wasmConvolution,
});
