import { expect, it } from 'vitest';
import { defaultRates } from './learning-rates';

it('settings have the default learning rates that follow from the searches', async () => {
  const found = await defaultRates();
  expect(found).not.toEqual([]);
  expect(
    found.map(({ method: { id, learningRate, rateExponents } }) => ({ id, learningRate, rateExponents })),
  ).toEqual(
    found.map(({ method: { id }, learningRate, rateExponents }) => ({ id, learningRate, rateExponents })),
  );
});
