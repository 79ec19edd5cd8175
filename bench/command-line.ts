/** The benchmark's command line, for any host. */
import { UserError } from '../src/core/user-error';
import { benchmark } from './benchmark';
import type { Host } from './hosts/host';
import { HELP, parseOptions } from './options';

export async function commandLine(open: () => Promise<Host>): Promise<void> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options.help) {
      console.log(HELP);
      return;
    }
    const host = await open();
    try {
      const report = await benchmark(host, options, options.json ? console.error : console.log);
      if (options.json) console.log(JSON.stringify(report, null, 1));
    } finally {
      await host.close();
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
