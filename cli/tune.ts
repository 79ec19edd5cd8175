/** `npm run tune`: the page's functions on the command line. See `HELP` in choices.ts. */
import { tune } from './command';

process.exitCode = await tune(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  clock: () => performance.now(),
  leave: (code) => process.exit(code),
  startedAt: new Date(),
  onExit: (clean) => process.once('exit', clean),
  // Imported after the arguments are checked: the browser driver and the server take a second to load.
  openHeadless: async (...hearers) => (await import('./page')).openHeadless(...hearers),
});
