/**
 * Runs a WGSL program through tfjs' WebGPU backend, so that tfjs owns buffers, pipelines and the command queue. Every buffer is
 * bound as a flat array: a program reads elements with `read_<name>(index)` and writes them with `write_result(index, value)`,
 * in fp32 whatever the storage precision, and gets its shapes from uniforms. So one pipeline serves all layers that a program
 * supports.
 */
import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend, WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu';
import { isFp16, type Precision } from '../fp16';
import { typeOf } from './wgsl';

/** The number of values in one buffer element: 1 for f32, 4 for vec4<f32>. */
export type Width = 1 | 4;

export interface Program {
  /** Identifies the source: programs with the same name must have the same text. */
  name: string;
  /** The buffers it reads, in binding order, with their vector widths. */
  inputs: readonly { name: string; width: Width }[];
  outputWidth: Width;
  /** Names of i32 uniforms. */
  uniforms: readonly string[];
  /** Names of f32 uniforms. */
  floats?: readonly string[];
  workgroup: [number, number, number];
  /** WGSL that declares `fn main()`, after any module-scope declarations. */
  code(): string;
}

/** A new tensor of this shape whose content is undefined until a program writes it. */
export function emptyTensor(shape: number[], precision: Precision = 'single'): tf.Tensor {
  const [last = 1] = shape.slice(-1);
  const info =
    precision === 'half'
      ? webgpuBackend().makeTensorInfo([...shape.slice(0, -1), last / 2], 'int32')
      : webgpuBackend().makeTensorInfo(shape, 'float32');
  return tf.engine().makeTensorFromTensorInfo(info);
}

/** The number of values a tensor holds, counting fp16 values and not int32 elements. */
export function numbersIn(tensor: tf.TensorInfo): number {
  return tf.util.sizeFromShape(tensor.shape) * (isFp16(tensor) ? 2 : 1);
}

/** The backend of our programs; call this only while it is tfjs' current backend. */
export function webgpuBackend(): WebGPUBackend {
  return tf.backend() as WebGPUBackend;
}

/** Runs `program` with `grid` workgroups and writes `output`. */
export function runProgram(
  program: Program,
  inputs: readonly tf.TensorInfo[],
  uniforms: Readonly<Record<string, number>>,
  output: tf.TensorInfo,
  grid: [number, number, number],
): void {
  const backend = webgpuBackend();
  const declared = [
    ...program.uniforms.map((name) => ({ name, type: 'int32' })),
    ...(program.floats ?? []).map((name) => ({ name, type: 'float32' })),
  ];
  const tfjsProgram: WebGPUProgram = {
    variableNames: program.inputs.map(({ name }) => name),
    variableComponents: program.inputs.map(({ width }, index) => wordsOf(width, inputs[index])),
    outputComponent: wordsOf(program.outputWidth, output),
    outputShape: [tf.util.sizeFromShape(output.shape)],
    dispatch: grid,
    dispatchLayout: { x: [0], y: [1], z: [2] },
    workgroupSize: program.workgroup,
    uniforms: declared.map(({ name, type }) => `${name} : ${type === 'int32' ? 'i32' : 'f32'},`).join(' '),
    shaderKey: program.name,
    getUserCode: () => `${accessors(program, inputs, output)}\n${program.code()}`,
  };
  // tfjs creates a pipeline for each combination of ranks and equal shapes; with a constant rank there is only one.
  const flat = inputs.map(({ dataId, dtype, shape: from }) => ({
    dataId,
    dtype,
    shape: [tf.util.sizeFromShape(from), 1],
  }));
  const values = declared.map(({ name, type }) => {
    const value = uniforms[name];
    if (value === undefined) throw new Error(`Program ${program.name} was not given ${name}.`);
    return { type, data: [value] };
  });
  backend.runWebGPUProgram(tfjsProgram, flat, output.dtype, values, {
    dataId: output.dataId,
    dtype: output.dtype,
    shape: tfjsProgram.outputShape,
  });
}

/** The size of an element in 32-bit words. */
function wordsOf(width: Width, tensor: tf.TensorInfo | undefined): number {
  if (!tensor || !isFp16(tensor)) return width;
  if (width === 1) throw new Error('Numbers in fp16 are read four at a time.');
  return 2;
}

/** The WGSL functions by which the program reads and writes. tfjs caches a pipeline for each combination of data types. */
function accessors(
  { inputs, outputWidth }: Program,
  tensors: readonly tf.TensorInfo[],
  output: tf.TensorInfo,
): string {
  const fp16 = (tensor: tf.TensorInfo | undefined) => tensor !== undefined && isFp16(tensor);
  const reads = inputs.map(({ name, width }, index) =>
    fp16(tensors[index])
      ? `fn read_${name}(index : i32) -> vec4<f32> {
  let words = bitcast<vec2<u32>>(${name}[index]);
  return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}`
      : `fn read_${name}(index : i32) -> ${typeOf(width)} { return ${name}[index]; }`,
  );
  const write = fp16(output)
    ? `fn write_result(index : i32, value : vec4<f32>) {
  result[index] = bitcast<vec2<i32>>(vec2<u32>(pack2x16float(value.xy), pack2x16float(value.zw)));
}`
    : `fn write_result(index : i32, value : ${typeOf(outputWidth)}) { result[index] = value; }`;
  return [...reads, write].join('\n');
}

/** Threads per workgroup in programs over a flat list of elements. */
export const LINE = 64;
/** Workgroups along the grid's first axis; every device allows at least 65,535. */
const GRID_ROW = 32_768;

/** The grid for `count` elements, one thread each. */
export function lineGrid(count: number): [number, number, number] {
  const groups = Math.ceil(count / LINE);
  return [Math.min(groups, GRID_ROW), Math.ceil(groups / GRID_ROW), 1];
}

/** WGSL that declares `index`, the thread's element, and returns for threads beyond `uniforms.size`. */
export const LINE_INDEX = `
  let index = i32(globalId.y) * ${GRID_ROW * LINE} + i32(globalId.x);
  if (index >= uniforms.size) { return; }`;
