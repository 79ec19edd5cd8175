import { existsSync, readFileSync, realpathSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { playwright } from '@vitest/browser-playwright';
import { configDefaults, defineConfig } from 'vitest/config';
import { CHROMIUM_ARGS, requireChromium } from './e2e/chromium.ts';
import { documentsPlugin } from './scripts/documents.ts';
import { headersPlugin } from './scripts/headers.ts';
import { offlinePlugin } from './scripts/offline.ts';
import { sourceAddress, sourcePlugin } from './scripts/source-archive.ts';
import { HEADERS, ISOLATION_HEADERS } from './service-worker/headers.ts';

const { name, version, description, dependencies, repository } = JSON.parse(
  readFileSync(new URL('package.json', import.meta.url), 'utf8'),
);

const source = sourceAddress(repository?.url);

/** Reference files beside the project, for tests; the folder may be a link. */
const reference = existsSync('../shared') ? ['../shared', realpathSync('../shared')] : [];

/** How tests run in a page; vitest.slow.config.ts runs the slow ones so. */
export const inBrowser = {
  globalSetup: 'src/hub/hub-fixture.ts',
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // One page at a time: two cores, and every file starts its own tensor backend.
  fileParallelism: false,
  browser: {
    enabled: true,
    headless: true,
    screenshotFailures: false,
    provider: playwright({
      launchOptions: {
        executablePath: process.env.VITEST ? requireChromium() : undefined,
        args: CHROMIUM_ARGS,
      },
    }),
    instances: [{ browser: 'chromium' as const }],
  },
};

export default defineConfig({
  define: {
    __APP_NAME__: JSON.stringify(name),
    __APP_VERSION__: JSON.stringify(version),
    __APP_SOURCE__: JSON.stringify(source),
    __TFJS_VERSION__: JSON.stringify(dependencies['@tensorflow/tfjs']),
  },
  base: './',
  plugins: [
    react(),
    headersPlugin(),
    documentsPlugin(),
    sourcePlugin(source),
    offlinePlugin(name, description),
  ],
  server: { headers: ISOLATION_HEADERS, fs: { allow: ['.', ...reference] } },
  preview: { headers: HEADERS },
  worker: {
    // Not 'es': Chromium 156 crashes a page that is left while a worker asks for its first `import.meta` (docs/reliability.md).
    format: 'iife',
    // tfjs-wasm starts its threads from the text of one of its own functions, which asks for a variable outside of it:
    // renaming that variable, or simplifying the question, breaks the threads. Whitespace alone may go.
    rolldownOptions: {
      checks: { pluginTimings: false },
      output: { minify: { compress: false, mangle: false, codegen: true } },
    },
  },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  optimizeDeps: {
    // All at once, before any page asks: a package found later is bundled anew while a worker waits for its old address.
    include: [
      // A typeface is style sheets only, and the service worker is not part of the page in development.
      ...Object.keys(dependencies).filter((each) => !/^(?:@fontsource|workbox)/.test(each)),
      ...['react-dom/client', 'react/jsx-runtime', 'react/jsx-dev-runtime', 'zustand/react/shallow'],
    ],
  },
  test: {
    reporters: ['default', './scripts/test/vitest-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'browser',
          include: [
            'src/**/*.test.ts',
            'app/**/*.test.{ts,tsx}',
            // The page under the command line; the rest of cli/ runs in Node.
            'cli/**/*.browser.test.{ts,tsx}',
          ],
          exclude: [...configDefaults.exclude, '**/*.slow.test.ts'],
          ...inBrowser,
        },
      },
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          include: ['cli/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['cli/**/*.browser.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
