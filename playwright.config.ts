import { defineConfig } from '@playwright/test';
import { CHROMIUM_ARGS, requireChromium } from './e2e/chromium.ts';

const PORT = 4179;

export default defineConfig({
  testDir: 'e2e',
  projects: [
    { name: 'fast', testIgnore: '*.slow.spec.ts' },
    { name: 'slow', testMatch: '*.slow.spec.ts' },
  ],
  // One at a time: training takes every core there is.
  workers: 1,
  timeout: 240_000,
  snapshotPathTemplate: '{testDir}/{arg}{ext}',
  expect: { timeout: 30_000 },
  // On a busy machine an accident of timing is not a failure; the summary names what passed only the second time.
  retries: 1,
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list'], ['./scripts/test/playwright-reporter.ts']],
  use: {
    baseURL: `http://127.0.0.1:${PORT}`,
    viewport: { width: 1280, height: 900 },
    launchOptions: { executablePath: requireChromium(), args: CHROMIUM_ARGS },
    // Only the tests about it (offline.spec.ts, policy.spec.ts) have one: the others would fetch every file of the page twice.
    serviceWorkers: 'block',
    trace: 'retain-on-failure',
    actionTimeout: 30_000,
  },
  // The built page, as a visitor gets it.
  webServer: {
    command: `npx vite build --logLevel warn && npx vite preview --host 127.0.0.1 --port ${PORT} --strictPort`,
    url: `http://127.0.0.1:${PORT}`,
    timeout: 120_000,
  },
});
