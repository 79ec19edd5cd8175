/** How a kernel is written as coefficients × atoms (docs/method.md §1.1): what a setting asks for, and the sizes that follow for a layer. */
import type { ConvolutionSpec } from '../backbone/layout';
import { type Block, channelBlock, type KernelShape, rowsShape } from './kernel-rows';

export interface AtomCoding {
  /** Atoms for each pair of channels in a block. */
  m: number;
  /** Channels on a block's side: 1 for plain atoms. A side whose channel count it does not divide uses 1. */
  kc: number;
  /** No more atoms than a block has numbers; that many rebuild every block. */
  capped: boolean;
}

/** Atoms of single kernels. */
export const plainAtoms = (m: number): AtomCoding => ({ m, kc: 1, capped: false });

/** Of one layer. */
export interface CodedShape {
  kernel: KernelShape;
  block: Block;
  /** Rows of the matrix that is coded, and their length. */
  rows: number;
  cols: number;
  /** n, the number of atoms. */
  atoms: number;
}

export function codedShape({ m, kc, capped }: AtomCoding, layer: ConvolutionSpec): CodedShape {
  const kernel = { cOut: layer.cOut, cIn: layer.cIn, k: layer.kernel };
  const block = channelBlock(kernel, kc);
  const { rows, cols } = rowsShape(kernel, block);
  const asked = m * block.out * block.in;
  return { kernel, block, rows, cols, atoms: capped ? Math.min(asked, cols) : asked };
}

/** Equal for equal codings. */
export const codingKey = ({ m, kc, capped }: AtomCoding) => [m, kc, capped].join();
