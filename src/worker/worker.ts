/** The entry point of the engine's worker. */
import { serve } from './serve';
import { createSession } from './session';

// The page passes its base URL, from which public/ is served, as the worker's name.
serve(self, createSession(self.name));
