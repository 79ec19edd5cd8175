/** How often the GPU device or the engine itself was lost lately. */
import type { Problem } from './problem';
import { read } from './session';

/** So many losses within this time, milliseconds, are no accident. */
const MOST = 3;
const WITHIN = 10 * 60 * 1000;

/** What lets the work go on after a restart of the engine, unless it happens again and again. */
export const isLoss = ({ kind }: Pick<Problem, 'kind'>) => kind === 'device-lost' || kind === 'engine-ended';

let losses: number[] = [];

const recent = () => losses.filter((time) => performance.now() - time < WITHIN);

/** Whether the engine is restarted by itself after the last loss. */
export const mayRecover = () => recent().length <= MOST && read().project !== null;

export function noteLoss(): void {
  losses = [...recent(), performance.now()];
}
