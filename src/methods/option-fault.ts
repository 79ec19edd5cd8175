import type { SettingOption, SettingOptions } from '../core/setting';

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

/** What is wrong with the values of a setting's options, as one sentence; null if all are valid. */
export function optionsFault(
  { label, options }: { label: string; options: readonly SettingOption[] },
  chosen: SettingOptions,
): string | null {
  for (const known of options) {
    const value = chosen[known.id];
    const fault = value === undefined ? null : optionFault(known, value);
    if (fault) return `${label}: “${known.label}” ${fault}.`;
  }
  return null;
}

/** The options without invalid values. */
export const possibleOptions = (options: readonly SettingOption[], chosen: SettingOptions): SettingOptions =>
  Object.fromEntries(
    options.flatMap((known) => {
      const value = chosen[known.id];
      return value === undefined || optionFault(known, value) ? [] : [[known.id, value] as const];
    }),
  );
