/** Floating-point operations of one step, counted from the network's table: a multiplication and an addition are two. */
import { type ConvolutionSpec, type Network, network } from '../src/backbone/layout';
import { ATOMS, type BackboneName, type Case, RANK, type Setting } from './case';

/** A convolution where it stands: square inputs of this side. */
export interface PlacedLayer {
  spec: ConvolutionSpec;
  side: number;
  outSide: number;
  /** Of one pass over one image. */
  flop: number;
}

export function networkOf(backbone: BackboneName): Network {
  return network({
    baseWidth: backbone === 'starter' ? 16 : 64,
    blocks: [3, 4, 6, 3],
    strideIn1x1: false,
  });
}

/** Every convolution for images of `size` pixels, in the order of the forward pass. */
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

/** Whether the setting trains something in this layer, so that the gradient by its kernel is needed. */
export function trains(setting: Setting, { kernel }: ConvolutionSpec): boolean {
  return setting === 'full' || setting === 'lora' || (setting === 'atoms' && kernel > 1);
}

/** The trained numbers' own work, once in a step however many images: making ΔW, and its gradient's way back to them. */
function updateFlop(setting: Setting, { kernel, cIn, cOut }: ConvolutionSpec): number {
  const pairs = cIn * cOut * kernel ** 2;
  if (setting === 'atoms' && kernel > 1) return 2 * 2 * ATOMS * pairs;
  if (setting === 'lora') return 3 * 2 * RANK * kernel * pairs;
  return 0;
}

/**
 * What one step cannot do without: the forward pass, the gradient by every trained layer's kernel, and by every layer's input
 * but those below the lowest trained layer; the trained numbers' own work; and the head.
 */
export function stepFlop({ backbone, size, batch, classes, setting }: Case): number {
  const net = networkOf(backbone);
  const head = batch * 2 * net.features * classes;
  if (setting === 'probe-cached') return 2 * head;
  let flop = 0;
  let trainedBelow = false;
  for (const { spec, flop: once } of placedLayers(net, size)) {
    const trained = trains(setting, spec);
    flop += batch * once * (1 + Number(trained) + Number(trainedBelow)) + updateFlop(setting, spec);
    trainedBelow ||= trained;
  }
  return flop + head * (trainedBelow ? 3 : 2);
}
