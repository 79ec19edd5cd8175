/** `npm run test:slow:unit`: unit tests that take minutes. */
import base from './vite.config.ts';

export default {
  ...base,
  test: { ...base.test, include: ['src/**/*.slow.test.ts'], exclude: [], testTimeout: 1_800_000 },
};
