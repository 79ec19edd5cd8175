/** Floating-point operations of one step, counted from the network's table; a multiply-add counts as two. */
import { type ConvolutionSpec, type Network, network } from '../src/backbone/layout';
import { ATOMS, type BackboneName, type Case, DIRECTIONS, RANK, type Setting } from './case';

/** A convolution with the side of its input and output. */
export interface PlacedLayer {
  spec: ConvolutionSpec;
  side: number;
  outSide: number;
  /** Floating-point operations of one pass over one image. */
  flop: number;
}

export function networkOf(backbone: BackboneName): Network {
  return network({
    baseWidth: backbone === 'starter' ? 16 : 64,
    blocks: [3, 4, 6, 3],
    strideIn1x1: false,
  });
}

/** All convolutions for images of `size` pixels, in the order of the forward pass. */
export function placedLayers({ stem, stages }: Network, size: number): PlacedLayer[] {
  const first = placed(stem, size);
  let side = Math.floor((first.outSide - 1) / 2) + 1; // 3×3 pooling, stride 2, padding 1
  const layers = [first];
  for (const { conv1, conv2, conv3, downsample } of stages.flat()) {
    const one = placed(conv1, side);
    const two = placed(conv2, one.outSide);
    const three = placed(conv3, two.outSide);
    layers.push(one, two, three, ...(downsample ? [placed(downsample, side)] : []));
    side = three.outSide;
  }
  return layers;
}

function placed(spec: ConvolutionSpec, side: number): PlacedLayer {
  const { kernel, stride, pad, cIn, cOut } = spec;
  const outSide = Math.floor((side + 2 * pad - kernel) / stride) + 1;
  return { spec, side, outSide, flop: 2 * outSide ** 2 * kernel ** 2 * cIn * cOut };
}

/** Whether the setting trains this layer, so that its kernel gradient is needed. */
export function trains(setting: Setting, { kernel }: ConvolutionSpec): boolean {
  return ['full', 'lora', 'core'].includes(setting) || (setting === 'atoms' && kernel > 1);
}

/** Operations for one image from the layer's input and ∂L/∂z to the kernel gradient, or to that of a core between two bases. */
function gradientFlop(setting: Setting, { spec, side, outSide, flop }: PlacedLayer): number {
  if (!trains(setting, spec)) return 0;
  if (setting !== 'core') return flop;
  const { cIn, cOut, kernel } = spec;
  const inSide = kernel === 1 ? outSide : side;
  return 2 * DIRECTIONS * (inSide ** 2 * cIn + outSide ** 2 * (cOut + DIRECTIONS * kernel ** 2));
}

/** Operations that do not depend on the batch size: computing ΔW, and the gradients of the trainables from that of the kernel. */
function updateFlop(setting: Setting, { kernel, cIn, cOut }: ConvolutionSpec): number {
  const pairs = cIn * cOut * kernel ** 2;
  if (setting === 'atoms' && kernel > 1) return 2 * 2 * ATOMS * pairs;
  if (setting === 'core') return 2 * DIRECTIONS * pairs;
  if (setting === 'lora') return 3 * 2 * RANK * kernel * pairs;
  return 0;
}

/**
 * The necessary operations of one step: the forward pass, the kernel gradient of every trained layer, the input gradient of every
 * layer above the lowest trained one, the update of the trainables, and the head.
 */
export function stepFlop({ backbone, size, batch, classes, setting }: Case): number {
  const net = networkOf(backbone);
  const head = batch * 2 * net.features * classes;
  if (setting === 'probe-cached') return 2 * head;
  let flop = 0;
  let trainedBelow = false;
  for (const layer of placedLayers(net, size)) {
    const { spec, flop: once } = layer;
    const trained = trains(setting, spec);
    flop +=
      batch * (once * (1 + Number(trainedBelow)) + gradientFlop(setting, layer)) + updateFlop(setting, spec);
    trainedBelow ||= trained;
  }
  return flop + head * (trainedBelow ? 3 : 2);
}
