/** A worker that sparse-codes one kernel at a time, so that the layers of a backbone use all cores. */
import type { LayerCode, LayerDictionary } from './layer-codes';
import { decompose, type Matrix, sparseCode } from './sparse-coding';

/** With atoms to be learned, or with known atoms. */
export type CodingWay = { learn: { count: number; seed: number } } | { known: LayerDictionary };

/** The rows of a kernel, and how to code them. */
export type Coding = { rows: Matrix } & CodingWay;

function code(coding: Coding): LayerCode {
  const { rows } = coding;
  if ('learn' in coding) {
    const { atoms, coefficients, lipschitz, relativeError } = decompose(rows, coding.learn.count, {
      seed: coding.learn.seed,
    });
    return { atoms, coefficients, lipschitz, relativeError };
  }
  const { atoms, lipschitz } = coding.known;
  return { ...coding.known, coefficients: sparseCode(rows, atoms, atoms.length / rows.cols, { lipschitz }) };
}

self.onmessage = ({ data }: MessageEvent<Coding>) => {
  const found = code(data);
  self.postMessage(found, { transfer: [found.coefficients.buffer] });
};
