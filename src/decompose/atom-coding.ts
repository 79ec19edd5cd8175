/** How a kernel is written as coefficients × atoms (docs/method.md §1.1): the options of a setting, and the resulting sizes for a layer. */
import type { ConvolutionSpec } from '../backbone/layout';
import { type Block, channelBlock, type KernelShape, rowsShape } from './kernel-rows';

export interface AtomCoding {
  /** The number of atoms per pair of channels in a block. */
  m: number;
  /** The block size in channels; 1 for plain atoms. A side whose channel count it does not divide uses 1. */
  kc: number;
  /** Whether to use at most as many atoms as a block has numbers; that many can represent every block exactly. */
  capped: boolean;
}

/** The coding into atoms of single kernels. */
export const plainAtoms = (m: number): AtomCoding => ({ m, kc: 1, capped: false });

/** The sizes of the coding of one layer. */
export interface CodedShape {
  kernel: KernelShape;
  block: Block;
  /** The number and length of the rows of the coded matrix. */
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

/** A string that is equal for equal codings. */
export const codingKey = ({ m, kc, capped }: AtomCoding) => [m, kc, capped].join();
