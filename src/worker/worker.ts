/** The engine's worker. */
import { serve } from './serve';
import { createSession } from './session';

// The page names the worker after its own address, under which public/ is served.
serve(self, createSession(self.name));
