/** Bundles the benchmark for plain Node into one script, out/bench.mjs, with everything but Dawn. */
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
      // The wasm backend is not offered in Node, where tfjs-wasm has no threads, so its files are left out.
      load: (id) => (id.endsWith('.wasm?url') ? 'export default "";' : null),
    },
  ],
  // By default Node's resolution picks tfjs' CommonJS builds, which cannot be bundled into an ES module.
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
