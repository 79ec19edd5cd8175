import { expect, test } from 'vitest';
import { isAllowed, licenceFaults } from './licences';

test('a licence is allowed alone, as one of several, and together with other allowed ones', () => {
  for (const licence of ['MIT', '(MIT OR GPL-3.0)', 'MIT AND ISC', '(GPL-2.0 OR (MIT AND ISC))'])
    expect(isAllowed(licence), licence).toBe(true);
  for (const licence of [
    'GPL-3.0',
    'MIT AND GPL-3.0',
    '(MIT OR ISC) AND LGPL-2.1',
    '',
    'UNLICENSED',
    'SEE LICENSE',
  ])
    expect(isAllowed(licence), licence).toBe(false);
});

test('a package without an allowed licence is named, unless it is only for development', () => {
  const lock = {
    packages: {
      '': { license: 'Apache-2.0' },
      'node_modules/free': { license: 'MIT' },
      'node_modules/free/node_modules/@a/closed': { license: 'GPL-3.0' },
      'node_modules/tool': { license: 'GPL-3.0', dev: true },
      'node_modules/silent': {},
      'node_modules/stated': {},
    },
  };
  expect(licenceFaults(lock, (path) => (path.endsWith('stated') ? 'ISC' : undefined))).toEqual([
    '@a/closed has the licence “GPL-3.0”.',
    'silent has no stated licence.',
  ]);
});
