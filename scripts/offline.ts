/** The manifest, with which the page can be installed, and the service worker, which keeps all files of the page. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { PluginOption } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { ICONS } from './icon-files.ts';

/** Files that the page never loads, or that only its host reads. */
const NOT_KEPT = ['source.zip', '_headers', '**/*.md'];

/** The page's background in light and in dark, from its style sheet. */
function papers(): { light: string; dark: string } {
  const css = readFileSync(new URL('../app/ui/base.css', import.meta.url), 'utf8');
  const [light, dark] = [...css.matchAll(/--paper: (#\w+);/g)].map(([, colour]) => colour);
  if (!light || !dark) throw new Error('app/ui/base.css has no --paper for light and for dark.');
  return { light, dark };
}

export function offlinePlugin(name: string, description: string): PluginOption {
  const { light, dark } = papers();
  let folder = '';
  const integrityOf = (url: string) =>
    `sha384-${createHash('sha384')
      .update(readFileSync(join(folder, url)))
      .digest('base64')}`;
  return [
    {
      name: 'offline',
      configResolved({ root, build }) {
        folder = resolve(root, build.outDir);
      },
      transformIndexHtml: () =>
        Object.entries({ light, dark }).map(([scheme, content]) => ({
          tag: 'meta',
          attrs: { name: 'theme-color', media: `(prefers-color-scheme: ${scheme})`, content },
          injectTo: 'head',
        })),
    },
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'service-worker',
      filename: 'service-worker.ts',
      // app/offline/registration.ts registers it.
      injectRegister: false,
      manifest: {
        ...{ name, short_name: name, description, lang: 'en' },
        ...{ start_url: './', scope: './', display: 'standalone' },
        ...{ theme_color: light, background_color: light },
        icons: ICONS.map(({ file, side, purpose }) => ({
          ...{ src: file, sizes: `${side}x${side}`, type: 'image/png', purpose },
        })),
      },
      includeManifestIcons: false,
      integration: {
        // The manifest is among the files found, too, and with its hash.
        beforeBuildServiceWorker(options) {
          options.injectManifest.additionalManifestEntries = [];
        },
        configureCustomSWViteBuild(build) {
          build.logLevel = 'warn';
        },
      },
      injectManifest: {
        rollupFormat: 'iife',
        globPatterns: ['**/*'],
        globIgnores: NOT_KEPT,
        maximumFileSizeToCacheInBytes: Number.MAX_SAFE_INTEGER,
        // Their names have a hash of their contents.
        dontCacheBustURLsMatching: /^assets\//,
        // A host may be between two versions while the files are fetched.
        manifestTransforms: [
          (entries) => ({
            manifest: entries.map((entry) => ({ ...entry, integrity: integrityOf(entry.url) })),
          }),
        ],
      },
    }),
  ];
}
