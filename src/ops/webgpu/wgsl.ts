/** Pieces of a program's text. */
import type { Width } from './run-program';

/** The type of an element as programs compute with it. */
export const typeOf = (width: Width) => (width === 4 ? 'vec4<f32>' : 'f32');

export const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** One line for each index. */
export const lines = (count: number, line: (index: number) => string) => range(count).map(line).join('\n');
