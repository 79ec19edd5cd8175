/** How often the device was lost lately. */
import { read } from './session';

/** So many losses within this time, milliseconds, are no accident. */
const MOST = 3;
const WITHIN = 10 * 60 * 1000;

let losses: number[] = [];

const recent = () => losses.filter((time) => performance.now() - time < WITHIN);

/** Whether the engine is restarted by itself after the last loss. */
export const mayRecover = () => recent().length <= MOST && read().project !== null;

export function noteLoss(): void {
  losses = [...recent(), performance.now()];
}
