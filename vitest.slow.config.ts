/** `npm run test:slow:unit`: unit tests that take minutes. */
import { defineConfig } from 'vitest/config';
import base, { inBrowser } from './vite.config.ts';

export default defineConfig({
  ...base,
  test: { ...inBrowser, include: ['src/**/*.slow.test.ts'], testTimeout: 1_800_000 },
});
