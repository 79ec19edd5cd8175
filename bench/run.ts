/**
 * `npm run bench`: one training step of this project compared with the alternatives, in the installed Chromium. All rivals compute
 * the same step and must give the same losses before they are timed. On a shared machine only the ratios are meaningful.
 */

import { commandLine } from './command-line';
import { openChromium } from './hosts/chromium';

await commandLine(openChromium);
