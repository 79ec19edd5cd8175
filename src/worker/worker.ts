/** The entry point of the engine's worker. */

import type { Life } from './protocol';
import { serve } from './serve';
import { createSession } from './session';

const lock = `engine ${crypto.randomUUID()}`;
navigator.locks?.request(lock, () => {
  postMessage({ lock } satisfies Life);
  return new Promise(() => {});
});

// The page passes its base URL, from which public/ is served, as the worker's name.
serve(self, createSession(self.name));
