import type { SettingOption } from '../worker/protocol';

/** What is wrong with a value for an option, to follow its name; null where nothing is. */
export function optionFault(
  { min, max, default: usual, choices }: SettingOption,
  value: number,
): string | null {
  const counts = [usual, min, max].every(Number.isInteger);
  if (counts && !Number.isInteger(value)) return `must be a whole number, not “${value}”`;
  if (!(value >= min && value <= max)) return `must be from ${min} to ${max}, not ${value}`;
  if (choices?.every((choice) => choice.value !== value))
    return `must be one of ${choices.map((choice) => choice.value).join(', ')}, not ${value}`;
  return null;
}
