import type { SettingOptions, SettingSummary } from '../core/setting';
import { possibleOptions } from './option-fault';

/**
 * A setting's default learning rate for these options, rounded to two digits: its rate at the options' defaults, times
 * (value / default)^exponent for each option that it follows (measured in docs/learning-rates.md). An invalid value counts as
 * the default.
 */
export function defaultLearningRate(
  {
    learningRate,
    rateExponents,
    options,
  }: Pick<SettingSummary, 'learningRate' | 'rateExponents' | 'options'>,
  chosen: SettingOptions,
): number {
  const possible = possibleOptions(options, chosen);
  let rate = learningRate;
  for (const { id, default: usual } of options)
    rate *= ((possible[id] ?? usual) / usual) ** (rateExponents[id] ?? 0);
  return Number(rate.toPrecision(2));
}
