/**
 * `npm run bench`: one training step of ours beside everything a person could take instead, in the installed Chromium. Every rival
 * does the same step and must give the same losses before it is timed. On a shared machine only the ratios mean something.
 */

import { commandLine } from './command-line';
import { openChromium } from './hosts/chromium';

await commandLine(openChromium);
