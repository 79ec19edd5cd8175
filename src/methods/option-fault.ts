import type { SettingOption } from '../worker/protocol';

/** Whether an option takes whole numbers only. */
export const isWhole = ({ default: usual, min, max }: SettingOption): boolean =>
  [usual, min, max].every(Number.isInteger);

/** What is wrong with an option's value, as a phrase to follow the option's name; null if the value is valid. */
export function optionFault(option: SettingOption, value: number): string | null {
  const { min, max, choices } = option;
  if (isWhole(option) && !Number.isInteger(value)) return `must be a whole number, not “${value}”`;
  if (!(value >= min && value <= max)) return `must be from ${min} to ${max}, not ${value}`;
  if (choices?.every((choice) => choice.value !== value))
    return `must be one of ${choices.map((choice) => choice.value).join(', ')}, not ${value}`;
  return null;
}
