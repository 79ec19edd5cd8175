/**
 * The headers of the page, of its workers and of the documents that come with it. The one source of them: for the built `_headers` and the
 * policy in the built index.html (scripts/headers.ts), for the preview server (vite.config.ts), and for the service worker, which adds them
 * on hosts that send none.
 */
import { HUB_HOSTS } from '../src/hub/hosts.ts';

const DIRECTIVES = {
  'default-src': ["'none'"],
  // blob: TensorFlow.js starts its wasm threads from the text of one of its functions. 'wasm-unsafe-eval' compiles WebAssembly, nothing else.
  'script-src': ["'self'", 'blob:', "'wasm-unsafe-eval'"],
  'worker-src': ["'self'", 'blob:'],
  'connect-src': ["'self'", ...HUB_HOSTS.map((host) => `https://${host}`)],
  'img-src': ["'self'", 'blob:', 'data:'],
  'font-src': ["'self'"],
  'manifest-src': ["'self'"],
  // Mantine writes <style> elements while the page runs: its variables and those of responsive properties. Their texts differ, so hashes
  // cannot name them, and static files have no nonces. Style attributes in HTML stay forbidden.
  'style-src': ["'self'", "'unsafe-inline'"],
  'style-src-attr': ["'none'"],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
};

const policy = (directives: Record<string, readonly string[]>) =>
  Object.entries(directives)
    .map(([name, values]) => [name, ...values].join(' '))
    .join('; ');

/** The policy for a `<meta>` element, where `frame-ancestors` has no effect. */
export const PAGE_POLICY = policy(DIRECTIVES);

/** Without these two, WebAssembly has one thread. */
export const ISOLATION_HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export const HEADERS: Record<string, string> = {
  ...ISOLATION_HEADERS,
  'Content-Security-Policy': policy({ ...DIRECTIVES, 'frame-ancestors': ["'none'"] }),
};
