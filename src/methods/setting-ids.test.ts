import { expect, it } from 'vitest';
import { METHODS } from './index';
import { SETTING_IDS } from './setting-ids';

it('lists the ids of all settings', () => {
  expect(SETTING_IDS).toEqual(METHODS.map(({ id }) => id));
});
