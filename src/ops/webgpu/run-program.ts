/**
 * Runs a WGSL program of ours through tfjs' WebGPU backend, so that tfjs owns buffers, pipelines and the command queue.
 * Every buffer is bound flat: a program reads its elements with `read_<name>(index)` and writes them with
 * `write_result(index, value)`, in single precision whatever they are kept in, and knows its shapes from its own uniforms. One
 * pipeline then serves every layer that a program fits.
 */
import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend, WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu';
import { isHalf, type Precision } from '../half';
import { typeOf } from './wgsl';

/** Numbers in one element of a buffer: f32 or vec4<f32>. */
export type Width = 1 | 4;

export interface Program {
  /** Names the source: two programs of one name have the same text. */
  name: string;
  /** Buffers it reads, in binding order, with their element widths. */
  inputs: readonly { name: string; width: Width }[];
  outputWidth: Width;
  /** Names of i32 uniforms. */
  uniforms: readonly string[];
  /** Names of f32 uniforms. */
  floats?: readonly string[];
  workgroup: [number, number, number];
  /** Declares `fn main()`; module-scope declarations may stand before it. */
  code(): string;
}

/** A new tensor of that many numbers for programs to fill; its content is whatever the buffer held before. */
export function emptyTensor(shape: number[], precision: Precision = 'single'): tf.Tensor {
  const [last = 1] = shape.slice(-1);
  const info =
    precision === 'half'
      ? webgpuBackend().makeTensorInfo([...shape.slice(0, -1), last / 2], 'int32')
      : webgpuBackend().makeTensorInfo(shape, 'float32');
  return tf.engine().makeTensorFromTensorInfo(info);
}

/** How many numbers a tensor keeps. */
export function numbersIn(tensor: tf.TensorInfo): number {
  return tf.util.sizeFromShape(tensor.shape) * (isHalf(tensor) ? 2 : 1);
}

/** The backend our programs are registered for; only called while it is tfjs' current one. */
export function webgpuBackend(): WebGPUBackend {
  return tf.backend() as WebGPUBackend;
}

/** Runs `program` over `grid` workgroups, into `output`. */
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
  // tfjs makes a pipeline per combination of ranks and equal shapes; a rank that is always the same makes it one.
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

/** 32-bit words of an element. */
function wordsOf(width: Width, tensor: tf.TensorInfo | undefined): number {
  if (!tensor || !isHalf(tensor)) return width;
  if (width === 1) throw new Error('Numbers in half precision are read four at a time.');
  return 2;
}

/** The functions by which the program reads and writes. tfjs keeps a pipeline for each combination of types. */
function accessors(
  { inputs, outputWidth }: Program,
  tensors: readonly tf.TensorInfo[],
  output: tf.TensorInfo,
): string {
  const half = (tensor: tf.TensorInfo | undefined) => tensor !== undefined && isHalf(tensor);
  const reads = inputs.map(({ name, width }, index) =>
    half(tensors[index])
      ? `fn read_${name}(index : i32) -> vec4<f32> {
  let words = bitcast<vec2<u32>>(${name}[index]);
  return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}`
      : `fn read_${name}(index : i32) -> ${typeOf(width)} { return ${name}[index]; }`,
  );
  const write = half(output)
    ? `fn write_result(index : i32, value : vec4<f32>) {
  result[index] = bitcast<vec2<i32>>(vec2<u32>(pack2x16float(value.xy), pack2x16float(value.zw)));
}`
    : `fn write_result(index : i32, value : ${typeOf(outputWidth)}) { result[index] = value; }`;
  return [...reads, write].join('\n');
}

/** Threads of a workgroup in programs over a plain list of elements. */
export const LINE = 64;
/** Workgroups along the grid's first axis; no device allows fewer than 65,535. */
const GRID_ROW = 32_768;

/** The grid for `count` elements, one thread each. */
export function lineGrid(count: number): [number, number, number] {
  const groups = Math.ceil(count / LINE);
  return [Math.min(groups, GRID_ROW), Math.ceil(groups / GRID_ROW), 1];
}

/** Declares `index`, a thread's element, and ends the threads beyond `uniforms.size`. */
export const LINE_INDEX = `
  let index = i32(globalId.y) * ${GRID_ROW * LINE} + i32(globalId.x);
  if (index >= uniforms.size) { return; }`;
