/**
 * `npm run test:node-webgpu`: the tests of the tensor code on WebGPU in plain Node, so that they can run on any Vulkan driver
 * a machine has, with no browser. What needs wasm is left to the browser's run.
 */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['src/{ops,backbone,methods}/**/*.test.ts'],
    setupFiles: ['bench/node/vitest-setup.ts'],
    testNamePattern: /^(?!.*\(wasm\))/,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
