import { describe, expect, it } from 'vitest';
import { methodById } from './index';
import { checkOptions } from './method';
import { optionFault } from './option-fault';

const RANK = { id: 'r', label: 'Rank', help: '', default: 4, min: 1, max: 64 };
const BLOCK = { ...RANK, choices: [2, 4, 8].map((value) => ({ value, label: String(value) })) };

describe('the value of an option', () => {
  it.each([
    [RANK, 1, null],
    [RANK, 64, null],
    [RANK, 0, 'must be from 1 to 64, not 0'],
    [RANK, 1.5, 'must be a whole number, not “1.5”'],
    [RANK, Number.NaN, 'must be a whole number, not “NaN”'],
    [{ ...RANK, min: 0.5 }, 1.5, null],
    [{ ...RANK, min: 0.5 }, Number.NaN, 'must be from 0.5 to 64, not NaN'],
    [BLOCK, 8, null],
    [BLOCK, 6, 'must be one of 2, 4, 8, not 6'],
  ])('%o: %f', (option, value, fault) => {
    expect(optionFault(option, value)).toBe(fault);
  });

  it('is rejected with the name of the setting and option; an omitted option has its default', () => {
    expect(() => checkOptions(methodById('coefficient-atoms'), { kc: 3 })).toThrow(
      'Coefficient atoms: Channels of a block (kc) must be one of 2, 4, 8, not 3.',
    );
    expect(() => checkOptions(methodById('coefficient-atoms'), {})).not.toThrow();
  });
});
