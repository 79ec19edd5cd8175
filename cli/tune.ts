/** `npm run tune`: the page's whole job without the page. See `HELP` in choices.ts. */
import { tune } from './command';

process.exitCode = await tune(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  clock: () => performance.now(),
  leave: (code) => process.exit(code),
  startedAt: new Date(),
  onExit: (clean) => process.once('exit', clean),
  // Only now: the browser's driver and the server take a second to load, which wrong input need not wait for.
  openHeadless: async (...hearers) => (await import('./page')).openHeadless(...hearers),
});
