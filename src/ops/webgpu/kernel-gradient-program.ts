/**
 * ∂L/∂K as an implicit GEMM: for each tap, x (input channels × positions) times ∂L/∂z (positions × output channels). The long
 * inner axis of batch × height × width is split over the grid; every split writes a partial sum and a second pass adds them.
 *
 * For the atom gradient, a thread multiplies its part of ∂L/∂K by the coefficients and writes only m sums, so that ∂L/∂K is
 * never written to memory: ∂L/∂ΔD[j] = Σ α[j,i,o]·∂L/∂K[·,i,o] (docs/method.md §4).
 */
import * as tf from '@tensorflow/tfjs';
import { emptyTensor, LINE, LINE_INDEX, lineGrid, type Program, runProgram, type Width } from './run-program';
import { type Tile, tileName } from './tile';
import { lines, typeOf } from './wgsl';

export interface KernelGradientVariant {
  /** Vector widths along the input channels (rows) and the output channels (columns). */
  inner: Width;
  outer: Width;
  /** Whether to contract with coefficients and write only the atom gradient. */
  atoms: boolean;
  tile: Tile;
}

const UNIFORMS = [
  'images',
  'sourceHeight',
  'sourceWidth',
  'sourceChannels',
  'outputHeight',
  'outputWidth',
  'outputChannels',
  'side',
  'stride',
  'pad',
  'splits',
  'atoms',
  'acrossImages',
] as const;

/** The source is x, the output is z. */
export type KernelGradientShape = Record<
  Exclude<(typeof UNIFORMS)[number], 'splits' | 'atoms' | 'acrossImages'>,
  number
>;

export function kernelGradientName({ inner, outer, atoms, tile }: KernelGradientVariant): string {
  return `${atoms ? 'atomGradient' : 'kernelGradient'}_${inner}${outer}_${tileName(tile)}`;
}

export interface KernelGradientInputs {
  x: tf.TensorInfo;
  dz: tf.TensorInfo;
  /** `[m, c_in·c_out]`, for the atom gradient. */
  coefficients?: tf.TensorInfo | undefined;
}

/** ∂L/∂K `[side, side, c_in, c_out]`, or the atom gradient `[m, side²]`. The inner axis is divided into `splits` parts. */
export function runKernelGradient(
  variant: KernelGradientVariant,
  shape: KernelGradientShape,
  { x, dz, coefficients }: KernelGradientInputs,
  splits: number,
): tf.Tensor {
  const { across, down } = workgroups(variant.tile, shape);
  const { side, sourceChannels, outputChannels } = shape;
  const taps = side * side;
  const [atoms = 0] = coefficients?.shape ?? [];
  const threads = across * down * variant.tile.threads[0] * variant.tile.threads[1];
  const kernelShape = [side, side, sourceChannels, outputChannels];
  const parts = emptyTensor(coefficients ? [atoms, taps, splits * threads] : [splits, ...kernelShape]);
  runProgram(
    kernelGradientProgram(variant),
    coefficients ? [x, dz, coefficients] : [x, dz],
    { ...shape, splits, atoms, acrossImages: shape.images > shape.outputWidth ? 1 : 0 },
    parts,
    [across, down, taps * splits],
  );
  if (coefficients) return tf.sum(parts, 2);
  return splits === 1 ? parts.reshape(kernelShape) : addParts(parts, splits, kernelShape);
}

/** The number of workgroups that cover the kernel's channels, for each tap and split. */
export function workgroups(
  { rows, columns, threads }: Tile,
  { sourceChannels, outputChannels }: Pick<KernelGradientShape, 'sourceChannels' | 'outputChannels'>,
): { across: number; down: number } {
  return {
    across: Math.ceil(outputChannels / (columns * threads[0])),
    down: Math.ceil(sourceChannels / (rows * threads[1])),
  };
}

export function kernelGradientProgram(variant: KernelGradientVariant): Program {
  const { inner, outer, atoms, tile } = variant;
  return {
    name: kernelGradientName(variant),
    inputs: [
      { name: 'source', width: inner },
      { name: 'dz', width: outer },
      ...(atoms ? [{ name: 'coefficients', width: outer }] : []),
    ],
    outputWidth: atoms ? 1 : outer,
    uniforms: UNIFORMS,
    workgroup: [...tile.threads, 1],
    code: () => (tile.staged > 0 ? staged(variant) : direct(variant)),
  };
}

/** One WGSL line for each sum `c<i>_<q>_<j>`: row element i, component q, column element j. */
function sums(
  { inner, outer, tile }: KernelGradientVariant,
  line: (name: string, i: number, q: number, j: number) => string,
): string {
  return lines(tile.rows / inner, (i) =>
    lines(inner, (q) => lines(tile.columns / outer, (j) => line(`c${i}_${q}_${j}`, i, q, j))),
  );
}

const product =
  ({ inner }: KernelGradientVariant) =>
  (name: string, i: number, q: number, j: number) =>
    `${name} += ${inner === 4 ? `a${i}[${q}]` : `a${i}`} * b${j};`;

const HEAD = `
  let taps = uniforms.side * uniforms.side;
  let split = i32(workgroupId.z) / taps;
  let tap = i32(workgroupId.z) - split * taps;
  let tapRow = tap / uniforms.side;
  let tapColumn = tap - tapRow * uniforms.side;
  let rowOffset = tapRow - uniforms.pad;
  let columnOffset = tapColumn - uniforms.pad;`;

/**
 * The program in which each thread reads its operands from global memory, along lines of positions: rows of the output, or with
 * `acrossImages` the same position in every image, which gives longer lines for small feature maps.
 */
function direct(variant: KernelGradientVariant): string {
  const { inner, outer, tile } = variant;
  const [rowElements, columnElements] = [tile.rows / inner, tile.columns / outer];
  return `
fn main() {
  ${HEAD}
  let channels = uniforms.sourceChannels / ${inner};
  let outputs = uniforms.outputChannels / ${outer};
  let firstRow = i32(globalId.y) * ${rowElements};
  let firstColumn = i32(globalId.x) * ${columnElements};
  ${lines(rowElements, (i) => `let row${i} = min(firstRow + ${i}, channels - 1);`)}
  ${lines(columnElements, (j) => `let column${j} = min(firstColumn + ${j}, outputs - 1);`)}
  ${sums(variant, (name) => `var ${name} = ${typeOf(outer)}(0.0);`)}
  // The range of output rows and columns whose source pixel is inside x.
  let top = max(0, (uniforms.stride - 1 - rowOffset) / uniforms.stride);
  let bottom = min(uniforms.outputHeight, (uniforms.sourceHeight - rowOffset + uniforms.stride - 1) / uniforms.stride);
  let left = max(0, (uniforms.stride - 1 - columnOffset) / uniforms.stride);
  let right = min(uniforms.outputWidth, (uniforms.sourceWidth - columnOffset + uniforms.stride - 1) / uniforms.stride);
  let height = max(0, bottom - top);
  let width = max(0, right - left);
  let sourcePlane = uniforms.sourceHeight * uniforms.sourceWidth * channels;
  let dzPlane = uniforms.outputHeight * uniforms.outputWidth * outputs;
  let across = uniforms.acrossImages == 1;
  let lines = height * select(uniforms.images, width, across);
  let length = select(width, uniforms.images, across);
  let sourceStep = select(uniforms.stride * channels, sourcePlane, across);
  let dzStep = select(outputs, dzPlane, across);
  let firstLine = split * lines / uniforms.splits;
  let lastLine = (split + 1) * lines / uniforms.splits;
  for (var line = firstLine; line < lastLine; line++) {
    let outerIndex = line / height;
    let row = top + line - outerIndex * height;
    let column = left + select(0, outerIndex, across);
    let image = select(outerIndex, 0, across);
    var start = image * sourcePlane + ((row * uniforms.stride + rowOffset) * uniforms.sourceWidth + column * uniforms.stride + columnOffset) * channels;
    var at = image * dzPlane + (row * uniforms.outputWidth + column) * outputs;
    for (var position = 0; position < length; position++) {
      ${lines(rowElements, (i) => `let a${i} = read_source(start + row${i});`)}
      ${lines(columnElements, (j) => `let b${j} = read_dz(at + column${j});`)}
      ${sums(variant, product(variant))}
      start += sourceStep;
      at += dzStep;
    }
  }
  ${store(
    variant,
    (i) => `firstRow + ${i}`,
    (j) => `firstColumn + ${j}`,
  )}
}`;
}

/** The program in which a workgroup loads `staged` positions of both operands into workgroup memory. Requires widths of 4. */
function staged(variant: KernelGradientVariant): string {
  const { inner, outer, tile } = variant;
  const [across, down] = tile.threads;
  const size = across * down;
  const depth = tile.staged;
  const [rowElements, columnElements] = [tile.rows / inner, tile.columns / outer];
  const [groupRows, groupColumns] = [rowElements * down, columnElements * across];
  const sourceLoads = (groupRows * depth) / size;
  const dzLoads = (groupColumns * depth) / size;
  if (inner !== 4 || outer !== 4 || !Number.isInteger(sourceLoads) || !Number.isInteger(dzLoads))
    throw new Error(`Tile ${tileName(tile)} does not share its loads evenly.`);
  return `
var<workgroup> sources : array<vec4<f32>, ${groupRows * depth}>;
var<workgroup> gradients : array<vec4<f32>, ${groupColumns * depth}>;

fn main() {
  ${HEAD}
  let channels = uniforms.sourceChannels / 4;
  let outputs = uniforms.outputChannels / 4;
  let ownRow = i32(localId.y);
  let ownColumn = i32(localId.x);
  let groupRow = i32(workgroupId.y) * ${groupRows};
  let groupColumn = i32(workgroupId.x) * ${groupColumns};
  let plane = uniforms.outputHeight * uniforms.outputWidth;
  let positions = uniforms.images * plane;
  // All splits have the same length, because every thread of a workgroup must reach the same barriers.
  let length = (positions + uniforms.splits - 1) / uniforms.splits;
  let last = min(positions, (split + 1) * length);
  ${sums(variant, (name) => `var ${name} = vec4<f32>(0.0);`)}
  for (var step = 0; step < length; step += ${depth}) {
    let first = split * length + step;
    ${lines(
      sourceLoads,
      (t) => `
    { let e = i32(localIndex) + ${t * size};
      let position = first + e / ${groupRows};
      let image = position / plane;
      let inPlane = position - image * plane;
      let outputRow = inPlane / uniforms.outputWidth;
      let sourceRow = outputRow * uniforms.stride + rowOffset;
      let sourceColumn = (inPlane - outputRow * uniforms.outputWidth) * uniforms.stride + columnOffset;
      let inside = (position < last) & (sourceRow >= 0) & (sourceRow < uniforms.sourceHeight) & (sourceColumn >= 0) & (sourceColumn < uniforms.sourceWidth);
      let start = ((image * uniforms.sourceHeight + sourceRow) * uniforms.sourceWidth + sourceColumn) * channels + min(groupRow + e % ${groupRows}, channels - 1);
      sources[e] = select(vec4<f32>(0.0), read_source(select(0, start, inside)), inside); }`,
    )}
    ${lines(
      dzLoads,
      (t) => `
    { let e = i32(localIndex) + ${t * size};
      let position = first + e / ${groupColumns};
      let inside = position < last;
      let start = position * outputs + min(groupColumn + e % ${groupColumns}, outputs - 1);
      gradients[e] = select(vec4<f32>(0.0), read_dz(select(0, start, inside)), inside); }`,
    )}
    workgroupBarrier();
    for (var k = 0; k < ${depth}; k++) {
      ${lines(rowElements, (i) => `let a${i} = sources[k * ${groupRows} + ownRow + ${i * down}];`)}
      ${lines(columnElements, (j) => `let b${j} = gradients[k * ${groupColumns} + ownColumn + ${j * across}];`)}
      ${sums(variant, product(variant))}
    }
    workgroupBarrier();
  }
  ${store(
    variant,
    (i) => `groupRow + ownRow + ${i * down}`,
    (j) => `groupColumn + ownColumn + ${j * across}`,
  )}
}`;
}

/** Writes the partial ∂L/∂K, or its sums with the coefficients. Threads beyond the last channel hold copies of it. */
function store(
  variant: KernelGradientVariant,
  rowAt: (i: number) => string,
  columnAt: (j: number) => string,
): string {
  const { inner, outer, atoms, tile } = variant;
  const element = (i: number, j: number) =>
    `min(${rowAt(i)}, channels - 1) * ${inner} * outputs + min(${columnAt(j)}, outputs - 1)`;
  const each = (line: (i: number, j: number) => string) =>
    lines(tile.rows / inner, (i) => lines(tile.columns / outer, (j) => line(i, j)));
  if (!atoms) {
    return `
  let begins = (split * taps + tap) * uniforms.sourceChannels * outputs;
  ${each((i, j) => `{ let to = begins + ${element(i, j)}; ${lines(inner, (q) => `write_result(to + ${q} * outputs, c${i}_${q}_${j});`)} }`)}`;
  }
  // Copies must not be counted twice.
  const dot = (a: string, b: string) => (outer === 4 ? `dot(${a}, ${b})` : `${a} * ${b}`);
  return `
  ${each(
    (i, j) => `
  let at${i}_${j} = ${element(i, j)};
  let counts${i}_${j} = select(0.0, 1.0, (${rowAt(i)} < channels) & (${columnAt(j)} < outputs));`,
  )}
  ${sums(variant, (name, i, _q, j) => `${name} *= counts${i}_${j};`)}
  let threads = i32(numWorkgroups.x) * i32(numWorkgroups.y) * ${tile.threads[0] * tile.threads[1]};
  let thread = split * threads + i32(globalId.y) * i32(numWorkgroups.x) * ${tile.threads[0]} + i32(globalId.x);
  let perAtom = uniforms.sourceChannels * outputs;
  for (var atom = 0; atom < uniforms.atoms; atom++) {
    let begins = atom * perAtom;
    var sum = 0.0;
    ${sums(variant, (name, i, q, j) => `sum += ${dot(name, `read_coefficients(begins + at${i}_${j} + ${q} * outputs)`)};`)}
    write_result((atom * taps + tap) * threads * uniforms.splits + thread, sum);
  }`;
}

/** Adds the partial sums `[splits, …shape]`. */
function addParts(parts: tf.Tensor, splits: number, shape: number[]): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  const width = size % 4 === 0 ? 4 : 1;
  const output = emptyTensor(shape);
  runProgram(addPartsProgram(width), [parts], { size: size / width, splits }, output, lineGrid(size / width));
  return output;
}

export function addPartsProgram(width: Width): Program {
  return {
    name: `addParts_${width}`,
    inputs: [{ name: 'parts', width }],
    outputWidth: width,
    uniforms: ['size', 'splits'],
    workgroup: [LINE, 1, 1],
    code: () => `
fn main() {
  ${LINE_INDEX}
  var sum = ${typeOf(width)}(0.0);
  for (var part = 0; part < uniforms.splits; part++) { sum += read_parts(part * uniforms.size + index); }
  write_result(index, sum);
}`,
  };
}
