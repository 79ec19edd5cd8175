/** The registry of tuning methods, those of a first comparison first. A new method is a new file and an entry here. */
import { UserError } from '../core/user-error';
import { allAtoms } from './all-atoms';
import { atoms } from './atoms';
import { bitfit } from './bitfit';
import { coefficientAtoms } from './coefficient-atoms';
import { coreAtoms } from './core-atoms';
import { full } from './full';
import { linearProbe } from './linear-probe';
import { lora } from './lora';
import { loraPeft } from './lora-peft';
import { loraXs } from './lora-xs';
import type { TuningMethod } from './method';
import { overcompleteAtoms } from './overcomplete-atoms';
import { scaleAndShift } from './scale-and-shift';
import { svf } from './svf';

export const METHODS: readonly TuningMethod[] = [
  linearProbe,
  atoms,
  coreAtoms,
  lora,
  full,
  loraXs,
  svf,
  coefficientAtoms,
  overcompleteAtoms,
  allAtoms,
  loraPeft,
  bitfit,
  scaleAndShift,
];

/** The method with this id. Throws `UserError` if there is none. */
export function methodById(id: string): TuningMethod {
  const method = METHODS.find((known) => known.id === id);
  if (!method) {
    throw new UserError(
      `There is no setting “${id}”. Choose one of: ${METHODS.map((known) => known.id).join(', ')}.`,
    );
  }
  return method;
}
