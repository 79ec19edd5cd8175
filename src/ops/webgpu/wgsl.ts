/** Helpers for writing WGSL source. */
import type { Width } from './run-program';

/** The WGSL type of an element of this width. */
export const typeOf = (width: Width) => (width === 4 ? 'vec4<f32>' : 'f32');

export const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Concatenates one line for each index. */
export const lines = (count: number, line: (index: number) => string) => range(count).map(line).join('\n');
