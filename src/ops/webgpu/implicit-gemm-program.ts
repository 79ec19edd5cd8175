/**
 * The implicit GEMM for y = ReLU?(conv(x, K) + bias + residual) and for ∂L/∂x: a row is an output position, a column an output
 * channel, and the inner axis runs over taps × channels. No patches are written to memory.
 *
 * In both directions, output row i and tap u read the source row i·step + offset(u):
 *   forward   step = stride, offset = u − pad, for all taps;
 *   backward  step = 1; the positions of phase p = row mod stride use the taps u ≡ p + pad (mod stride), with offset
 *             (p + pad − u)/stride. Each of the stride² phases is one dispatch into the same output.
 */
import type * as tf from '@tensorflow/tfjs';
import type { Precision } from '../fp16';
import { emptyTensor, type Program, runProgram, type Width } from './run-program';
import { type Tile, tileName } from './tile';
import { lines, range, typeOf } from './wgsl';

export interface ImplicitGemmVariant {
  backward: boolean;
  /** 1×1 kernel without padding: one tap, and no position lies outside the source. */
  pointwise: boolean;
  /** Vector width along the source's channels. */
  inner: Width;
  /** Vector width along the output's channels. */
  outer: Width;
  /** The number of source channels if it is below 4, as for images, to unroll the loop over them; else null. */
  few: number | null;
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
  'phaseRow',
  'phaseColumn',
  'hasBias',
  'hasAddend',
  'hasMask',
  'relu',
] as const;

export interface ImplicitGemmShape {
  images: number;
  sourceHeight: number;
  sourceWidth: number;
  sourceChannels: number;
  outputHeight: number;
  outputWidth: number;
  outputChannels: number;
  /** Side of the kernel in pixels. */
  side: number;
  /** Stride of the convolution, in either direction. */
  stride: number;
  pad: number;
}

export function implicitGemmName({
  backward,
  pointwise,
  inner,
  outer,
  few,
  tile,
}: ImplicitGemmVariant): string {
  const kind = `${backward ? 'inputGradient' : 'convolution'}${pointwise ? '1x1' : ''}${few ? `of${few}` : ''}`;
  return `${kind}_${inner}${outer}_${tileName(tile)}`;
}

/**
 * Runs the program. `bias` is used only forward, `mask` only backward; `addend` and `mask` have the output's shape. `precision`
 * is that of the output.
 */
export function runImplicitGemm(
  variant: ImplicitGemmVariant,
  shape: ImplicitGemmShape,
  { x, kernel, bias, addend, mask }: ImplicitGemmInputs,
  relu: boolean,
  precision: Precision = 'single',
): tf.Tensor4D {
  const { backward, tile } = variant;
  const program = implicitGemmProgram(variant);
  const sides = [shape.images, shape.outputHeight, shape.outputWidth, shape.outputChannels];
  const output = emptyTensor(sides, precision) as tf.Tensor4D; // four sides
  const phases = backward ? shape.stride : 1;
  for (let phaseRow = 0; phaseRow < phases; phaseRow++) {
    for (let phaseColumn = 0; phaseColumn < phases; phaseColumn++) {
      const height = Math.ceil((shape.outputHeight - phaseRow) / phases);
      const width = Math.ceil((shape.outputWidth - phaseColumn) / phases);
      const positions = shape.images * height * width;
      if (positions === 0) continue;
      runProgram(
        program,
        // Optional inputs that are absent are bound to the kernel, so that one pipeline serves all combinations.
        backward
          ? [x, kernel, addend ?? kernel, mask ?? kernel]
          : [x, kernel, bias ?? kernel, addend ?? kernel],
        {
          ...shape,
          phaseRow,
          phaseColumn,
          hasBias: bias ? 1 : 0,
          hasAddend: addend ? 1 : 0,
          hasMask: mask ? 1 : 0,
          relu: relu ? 1 : 0,
        },
        output,
        [
          Math.ceil(shape.outputChannels / (tile.columns * tile.threads[0])),
          Math.ceil(positions / (tile.rows * tile.threads[1])),
          1,
        ],
      );
    }
  }
  return output;
}

export interface ImplicitGemmInputs {
  x: tf.TensorInfo;
  kernel: tf.TensorInfo;
  bias?: tf.TensorInfo | undefined;
  addend?: tf.TensorInfo | undefined;
  mask?: tf.TensorInfo | undefined;
}

export function implicitGemmProgram(variant: ImplicitGemmVariant): Program {
  const { inner, outer, backward, tile } = variant;
  return {
    name: implicitGemmName(variant),
    inputs: [
      { name: 'source', width: inner },
      { name: 'kernel', width: backward ? inner : outer },
      ...(backward ? ['addend', 'mask'] : ['bias', 'addend']).map((name) => ({ name, width: outer })),
    ],
    outputWidth: outer,
    uniforms: UNIFORMS,
    workgroup: [...tile.threads, 1],
    code: () => (tile.staged > 0 ? staged(variant) : direct(variant)),
  };
}

/** The WGSL constants of the output positions and of the taps they use. */
function geometry(backward: boolean): string {
  return backward
    ? `
  let height = (uniforms.outputHeight - uniforms.phaseRow + uniforms.stride - 1) / uniforms.stride;
  let width = (uniforms.outputWidth - uniforms.phaseColumn + uniforms.stride - 1) / uniforms.stride;
  let step = 1;
  let firstTapRow = (uniforms.phaseRow + uniforms.pad) % uniforms.stride;
  let firstTapColumn = (uniforms.phaseColumn + uniforms.pad) % uniforms.stride;
  let tapStep = uniforms.stride;`
    : `
  let height = uniforms.outputHeight;
  let width = uniforms.outputWidth;
  let step = uniforms.stride;
  let firstTapRow = 0;
  let firstTapColumn = 0;
  let tapStep = 1;`;
}

function tapOffset(backward: boolean, axis: 'Row' | 'Column', tap: string): string {
  // The difference is a multiple of the stride, so the integer division is exact for either sign.
  return backward
    ? `(uniforms.phase${axis} + uniforms.pad - ${tap}) / uniforms.stride`
    : `${tap} - uniforms.pad`;
}

/** The loop over taps. A pointwise kernel has a single tap; backward at stride 2 only one phase uses it. */
function overTaps(
  { backward, pointwise }: ImplicitGemmVariant,
  rows: (number | string)[],
  body: string,
): string {
  const starts = rows.map((i) => sourceRowOf(pointwise, i)).join('\n');
  const elements = rows.map((i) => sourceOf(pointwise, i)).join('\n');
  if (pointwise) {
    const inPhase = backward ? 'if (uniforms.phaseRow == 0 && uniforms.phaseColumn == 0)' : '';
    return `${inPhase} { let tap = 0; let rowOffset = 0; let columnOffset = 0; ${starts} ${elements} ${body} }`;
  }
  return `
  for (var tapRow = firstTapRow; tapRow < uniforms.side; tapRow += tapStep) {
    let rowOffset = ${tapOffset(backward, 'Row', 'tapRow')};
    ${starts}
    for (var tapColumn = firstTapColumn; tapColumn < uniforms.side; tapColumn += tapStep) {
      let columnOffset = ${tapOffset(backward, 'Column', 'tapColumn')};
      let tap = tapRow * uniforms.side + tapColumn;
      ${elements}
      ${body}
    }
  }`;
}

/** Image, row and column of position `index` within this phase, as `image<i>`, `row<i>`, `column<i>`. */
function decode(index: string, i: number | string): string {
  return `
    let position${i} = min(${index}, positions - 1);
    let line${i} = position${i} / width;
    let column${i} = position${i} - line${i} * width;
    let image${i} = line${i} / height;
    let row${i} = line${i} - image${i} * height;`;
}

/** The source row of position i for a row of taps, and whether it is inside the source. */
function sourceRowOf(pointwise: boolean, i: number | string): string {
  return `
    let sourceRow${i} = row${i} * step + rowOffset;
    let line${i}At = (image${i} * uniforms.sourceHeight + sourceRow${i}) * uniforms.sourceWidth;
    ${pointwise ? '' : `let insideRow${i} = (sourceRow${i} >= 0) & (sourceRow${i} < uniforms.sourceHeight);`}`;
}

/** The index of the first channel of position i's source pixel for this tap, and whether the pixel is inside the source. */
function sourceOf(pointwise: boolean, i: number | string): string {
  const at = `(line${i}At + sourceColumn${i}) * channels`;
  return `
    let sourceColumn${i} = column${i} * step + columnOffset;
    ${
      pointwise
        ? `let from${i} = ${at};`
        : `let inside${i} = insideRow${i} & (sourceColumn${i} >= 0) & (sourceColumn${i} < uniforms.sourceWidth);
    let keep${i} = select(0.0, 1.0, inside${i});
    let from${i} = select(0, ${at}, inside${i});`
    }`;
}

/**
 * Writes the sums with bias, addend, ReLU and mask. It has no branches, because some compilers take minutes for them: threads
 * beyond the last position or channel used clamped indices, so they write the same values there a second time.
 */
function store(variant: ImplicitGemmVariant, columnAt: (j: number) => string): string {
  const { outer, backward, tile } = variant;
  const zero = `${typeOf(outer)}(0.0)`;
  const addend = `select(${zero}, read_addend(to * uniforms.hasAddend), uniforms.hasAddend == 1)`;
  const value = (i: number, j: number) =>
    backward
      ? `let value = ${accumulator(variant, i, j)} + ${addend};
      let passes = (read_mask(to * uniforms.hasMask) > ${zero}) | ${outer === 4 ? 'vec4<bool>' : ''}(uniforms.hasMask == 0);
      write_result(to, select(${zero}, value, passes));`
      : `let value = ${accumulator(variant, i, j)} + select(${zero}, read_bias(channel * uniforms.hasBias), uniforms.hasBias == 1) + ${addend};
      write_result(to, select(value, max(value, ${zero}), uniforms.relu == 1));`;
  const [row, column] = backward
    ? ['* uniforms.stride + uniforms.phaseRow', '* uniforms.stride + uniforms.phaseColumn']
    : ['', ''];
  return lines(
    tile.rows,
    (i) => `
  { let at = ((image${i} * uniforms.outputHeight + row${i} ${row}) * uniforms.outputWidth + column${i} ${column}) * outputs;
    ${lines(
      tile.columns / outer,
      (j) => `
    { let channel = min(${columnAt(j)}, outputs - 1);
      let to = at + channel;
      ${value(i, j)} }`,
    )}
  }`,
  );
}

/** Whether the sums are scalars: dot products along the channels, which are fastest for the transposed kernel access of the backward pass. */
function dots({ backward, tile }: ImplicitGemmVariant): boolean {
  return backward && tile.staged === 0;
}

/** The WGSL expression of column element j of row i of the sums. */
function accumulator(variant: ImplicitGemmVariant, i: number, j: number): string {
  if (!dots(variant) || variant.outer === 1) return `c${i}_${j}`;
  return `vec4<f32>(${range(4).map((q) => `c${i}_${4 * j + q}`)})`;
}

/** The loop over a tap's channels, unrolled for few channels. */
function overChannels(few: number | null, body: string): string {
  if (few === null) return `for (var c = 0; c < channels; c++) { ${body} }`;
  return lines(few, (c) => `{ let c = ${c}; ${body} }`);
}

/** The program in which each thread reads its operands from global memory. */
function direct(variant: ImplicitGemmVariant): string {
  const { backward, pointwise, inner, outer, few, tile } = variant;
  const { rows, columns } = tile;
  const groups = backward ? columns : columns / outer;
  const load = (i: number) =>
    pointwise ? `read_source(from${i} + c)` : `read_source(from${i} + c) * keep${i}`;
  const body = backward
    ? `
      ${lines(columns, (j) => `let kernel${j} = (tap * uniforms.outputChannels + channel${j}) * channels;`)}
      for (var c = 0; c < channels; c++) {
        ${lines(rows, (i) => `let a${i} = ${load(i)};`)}
        ${lines(
          columns,
          (j) => `
        { let b = read_kernel(kernel${j} + c);
          ${lines(rows, (i) => `c${i}_${j} += ${inner === 4 ? `dot(a${i}, b)` : `a${i} * b`};`)} }`,
        )}
      }`
    : `
      var kernelAt = tap * uniforms.sourceChannels * outputs;
      ${overChannels(
        few,
        `${lines(rows, (i) => `let a${i} = ${load(i)};`)}
        ${lines(
          inner,
          (q) => `
        { ${lines(groups, (j) => `let b${j} = read_kernel(kernelAt + channel${j});`)}
          ${lines(rows, (i) => lines(groups, (j) => `c${i}_${j} += ${inner === 4 ? `a${i}[${q}]` : `a${i}`} * b${j};`))} }
        kernelAt += outputs;`,
        )}`,
      )}`;
  return `
fn main() {
  ${geometry(backward)}
  let positions = uniforms.images * height * width;
  let channels = uniforms.sourceChannels / ${inner};
  let outputs = uniforms.outputChannels / ${outer};
  let firstPosition = i32(globalId.y) * ${rows};
  let firstChannel = i32(globalId.x) * ${columns / outer};
  if (firstPosition >= positions || firstChannel >= outputs) { return; }
  ${lines(rows, (i) => decode(`firstPosition + ${i}`, i))}
  ${
    backward
      ? lines(
          columns,
          (j) =>
            `let channel${j} = min(firstChannel + ${Math.floor(j / outer)}, outputs - 1) * ${outer} + ${j % outer};`,
        )
      : lines(groups, (j) => `let channel${j} = min(firstChannel + ${j}, outputs - 1);`)
  }
  ${lines(rows, (i) => lines(groups, (j) => `var c${i}_${j} = ${backward ? '0.0' : `${typeOf(outer)}(0.0)`};`))}
  ${overTaps(variant, range(rows), body)}
  ${store(variant, (j) => `firstChannel + ${j}`)}
}`;
}

/** The program in which a workgroup loads both operands into workgroup memory, `staged` channels of a tap at a time. Requires widths of 4. */
function staged(variant: ImplicitGemmVariant): string {
  const { backward, pointwise, outer, tile } = variant;
  const { rows, columns, threads } = tile;
  const [across, down] = threads;
  const size = across * down;
  const depth = tile.staged / 4; // vec4 elements along the channels
  const rowsOfGroup = rows * down;
  const columnsOfGroup = columns * across;
  const sourceLoads = (rowsOfGroup * depth) / size;
  const kernelLoads = (columnsOfGroup * depth) / size;
  if (outer !== 4 || !Number.isInteger(sourceLoads) || !Number.isInteger(kernelLoads) || size % depth !== 0)
    throw new Error(`Tile ${tileName(tile)} does not share its loads evenly.`);
  const groups = columns / 4;
  // Adjacent threads hold adjacent columns, so that their loads are coalesced.
  const body = `
      for (var first = 0; first < channels; first += ${depth}) {
        let c = first + lane;
        ${lines(
          sourceLoads,
          (t) =>
            `sources[lane * ${rowsOfGroup} + rowL + ${(t * size) / depth}] = ${
              pointwise
                ? `select(vec4<f32>(0.0), read_source(fromL${t} + min(c, channels - 1)), c < channels)`
                : `select(vec4<f32>(0.0), read_source(fromL${t} + min(c, channels - 1)), insideL${t} & (c < channels))`
            };`,
        )}
        ${
          backward
            ? lines(
                kernelLoads,
                (t) => `
        { let column = rowL + ${(t * size) / depth};
          let channel = min(groupChannel + column / 4, outputs - 1) * 4 + column % 4;
          let b = select(vec4<f32>(0.0), read_kernel((tap * uniforms.outputChannels + channel) * channels + min(c, channels - 1)), c < channels);
          ${lines(4, (q) => `kernels[(lane * 4 + ${q}) * ${columnsOfGroup / 4} + column / 4][column % 4] = b[${q}];`)} }`,
              )
            : lines(
                kernelLoads,
                (t) => `
        { let e = i32(localIndex) + ${t * size};
          let inside = e / ${columnsOfGroup / 4} + first * 4;
          let channel = min(groupChannel + e % ${columnsOfGroup / 4}, outputs - 1);
          kernels[e] = read_kernel((tap * uniforms.sourceChannels + min(inside, uniforms.sourceChannels - 1)) * outputs + channel); }`,
              )
        }
        workgroupBarrier();
        for (var k = 0; k < ${depth}; k++) {
          ${lines(rows, (i) => `let a${i} = sources[k * ${rowsOfGroup} + ownRow + ${i}];`)}
          ${lines(
            4,
            (q) => `
          { ${lines(groups, (j) => `let b${j} = kernels[(k * 4 + ${q}) * ${columnsOfGroup / 4} + ownColumn + ${j * across}];`)}
            ${lines(rows, (i) => lines(groups, (j) => `c${i}_${j} += a${i}[${q}] * b${j};`))} }`,
          )}
        }
        workgroupBarrier();
      }`;
  return `
var<workgroup> sources : array<vec4<f32>, ${rowsOfGroup * depth}>;
var<workgroup> kernels : array<vec4<f32>, ${columnsOfGroup * depth}>;

fn main() {
  ${geometry(backward)}
  let positions = uniforms.images * height * width;
  let channels = uniforms.sourceChannels / 4;
  let outputs = uniforms.outputChannels / 4;
  let lane = i32(localIndex) % ${depth};
  let rowL = i32(localIndex) / ${depth};
  let ownColumn = i32(localId.x);
  let ownRow = i32(localId.y) * ${rows};
  let groupPosition = i32(workgroupId.y) * ${rowsOfGroup};
  let groupChannel = i32(workgroupId.x) * ${columnsOfGroup / 4};
  let firstPosition = groupPosition + ownRow;
  ${lines(sourceLoads, (t) => decode(`groupPosition + rowL + ${(t * size) / depth}`, `L${t}`))}
  ${lines(rows, (i) => lines(groups, (j) => `var c${i}_${j} = vec4<f32>(0.0);`))}
  ${overTaps(
    variant,
    range(sourceLoads).map((t) => `L${t}`),
    body,
  )}
  ${lines(rows, (i) => decode(`firstPosition + ${i}`, i))}
  ${store(variant, (j) => `groupChannel + ownColumn + ${j * across}`)}
}`;
}
