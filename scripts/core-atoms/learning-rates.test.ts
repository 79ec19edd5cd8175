import { expect, it } from 'vitest';
import { methodById } from '../../src/methods';
import { defaultRates } from './learning-rates';

it('settings have the default learning rates that follow from the searches', async () => {
  const found = [...(await defaultRates())].map(([id, { learningRate, rateExponents }]) => ({
    ...{ id, learningRate, rateExponents },
  }));
  expect(found).not.toEqual([]);
  expect(
    found.map(({ id }) => {
      const { learningRate, rateExponents } = methodById(id);
      return { id, learningRate, rateExponents };
    }),
  ).toEqual(found);
});
