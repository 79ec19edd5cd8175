/** One script of the benchmark for plain Node: out/bench.mjs, everything in it but Dawn. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig({
  root,
  publicDir: false,
  plugins: [
    {
      name: 'no-wasm',
      enforce: 'pre',
      // tfjs-wasm has no threads in Node: the backend is not offered there, so its files are not needed.
      load: (id) => (id.endsWith('.wasm?url') ? 'export default "";' : null),
    },
  ],
  // Node would take tfjs' CommonJS builds, which do not go into a module.
  ssr: { noExternal: true, external: ['webgpu'], resolve: { mainFields: ['module', 'main'] } },
  build: {
    ssr: 'bench/node/main.ts',
    target: 'node20',
    outDir: 'out',
    emptyOutDir: false,
    minify: false,
    rolldownOptions: {
      checks: { pluginTimings: false },
      output: { entryFileNames: 'bench.mjs', codeSplitting: false },
    },
  },
});
