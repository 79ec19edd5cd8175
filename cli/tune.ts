/** `npm run tune`: the page's whole job without the page. See `HELP` in choices.ts. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { html } from '../app/report/html';
import { markdown } from '../app/report/markdown';
import { CHART_NAMES, reportOf } from '../app/report/report';
import { backboneDifference, dataDifference, engineDifference } from '../app/report/rerun';
import { backboneFacts, RESULTS_FORMAT, type Results, resultsText, runResults } from '../app/report/results';
import {
  conflictSentence,
  groupSentence,
  imagesPerPart,
  partWords,
  presetSentence,
  unvalidatedSentence,
} from '../app/store/data-words';
import { DEFAULT_KNOBS, memoryCapBytes } from '../app/store/defaults';
import { outcomeOf, trialNames } from '../app/store/run-record';
import { allTrials, type Outcome, type Sweep, tooLarge, trialKey, wantedTrials } from '../app/store/sweep';
import { bytes, counted, duration, percent, short } from '../app/ui/format';
import packageJson from '../package.json' with { type: 'json' };
import { EngineFault } from '../src/engine-fault';
import { UserError } from '../src/user-error';
import type { BackboneSummary, SettingSummary } from '../src/worker/protocol';
import { Bug } from './bug';
import { type BackboneOptions, type Choices, checkSettings, HELP, parseChoices } from './choices';
import { comparison } from './comparison';
import { kindOf, makeFolder } from './folders';
import type { AskedRun, DataChoice, DataSummary, RunRecord } from './messages';
import type { Headless, Place } from './page';
import { ProgressLine } from './progress-line';
import { readResults, refuse, repeatedChoices, repeatedRuns, verdicts } from './rerun';

const EXIT = { done: 0, failed: 1, input: 2, stopped: 130 } as const;

const progress = new ProgressLine(process.stdout);
const stop = new AbortController();

process.exitCode = await main().catch((error: unknown) => {
  progress.clear();
  if (error instanceof UserError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.input;
  }
  if (error instanceof EngineFault) {
    process.stderr.write(`${error.message}\n${error.details}\n`);
    return EXIT.failed;
  }
  // Stopped before there was anything to keep; what is still starting is not waited for.
  if (error instanceof DOMException && error.name === 'AbortError') process.exit(EXIT.stopped);
  const details = error instanceof Bug ? error.details : error instanceof Error ? error.stack : String(error);
  process.stderr.write(
    `This is a bug in ${packageJson.name}; please report it with these lines:\n${details}\n`,
  );
  return EXIT.failed;
});

async function main(): Promise<number> {
  const startedAt = new Date();
  const typed = parseChoices(process.argv.slice(2), startedAt);
  if (!typed) {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const before = typed.rerun === null ? null : await readResults(typed.rerun);
  const choices = before ? repeatedChoices(typed, before) : typed;
  if (!choices.data) throw new Error('Choices have data.');
  const data: Data =
    choices.data.kind === 'path'
      ? { ...choices.data, kind: await kindOf('data', choices.data.path) }
      : choices.data;
  const { path, ...form } = choices.backbone;
  const weights = path === null ? null : { path, kind: await kindOf('backbone', path) };
  heedSignals();
  // Only now: the browser's driver and the server take a second to load, which wrong input need not wait for.
  const { openHeadless } = await import('./page');
  const headless = await untilStopped(
    openHeadless(
      (report) => progress.show(report),
      ({ program, reason }) =>
        progress.say(
          `The program ${program} does not work on this adapter; a general form is used, slower, with the same results. ${reason}`,
        ),
    ),
  );
  try {
    const { engine, backbone: starter } = await untilStopped(headless.ask('start', choices.backend));
    progress.say(
      `Engine: ${engine.backend}${engine.threads > 1 ? `, ${engine.threads} threads` : ''}. ${engine.reason}`,
    );
    if (before) refuse(engineDifference(before, engine));
    const backbone =
      weights || form.stages !== null || form.inputSize !== null
        ? await untilStopped(changeBackbone(headless, weights, form))
        : starter;
    progress.say(backboneSentence(backbone));
    for (const sentence of backbone.notices) progress.say(sentence);
    if (before) refuse(backboneDifference(before, backbone));
    checkSettings(choices, await headless.ask('settings', DEFAULT_KNOBS));
    const dataset = await untilStopped(
      importData(headless, data, {
        seed: choices.knobs.seed,
        testPart: choices.testPart,
        preset: choices.preset,
      }),
    );
    progress.say(dataSentence(dataset));
    for (const sentence of noticesOf(dataset)) progress.say(sentence);
    if (before) refuse(dataDifference(before, dataset));
    const known = await headless.ask('settings', choices.knobs);
    const again = before && repeatedRuns(before, known);
    const sweep = sweepOf(choices, known, dataset);
    await makeFolder(choices.out);
    const results: Results = {
      format: RESULTS_FORMAT,
      createdBy: { name: packageJson.name, version: packageJson.version },
      madeAt: startedAt.toISOString(),
      complete: false,
      engine,
      environment: await headless.ask('environment'),
      backbone: backboneFacts(backbone),
      dataset,
      runs: [],
      charts: [],
    };
    if (again) progress.say(`${counted(again.length, 'run')} once more.`);
    else await announceRuns(headless, sweep);
    const code = await compare(headless, choices, again ? listedRuns(again) : sweptRuns(sweep), results);
    if (!before) return code;
    const { lines, same } = verdicts(before, results.runs);
    progress.say(lines.join('\n'));
    return code === EXIT.done && !same ? EXIT.failed : code;
  } finally {
    await headless.close();
  }
}

type Data = Place | { kind: 'sample'; name: string };

async function changeBackbone(
  headless: Headless,
  weights: Place | null,
  { stages, inputSize, trunk }: Omit<BackboneOptions, 'path'>,
): Promise<BackboneSummary> {
  if (weights) await headless.choose('backbone', weights);
  return headless.ask('useBackbone', stages, inputSize, trunk);
}

async function importData(headless: Headless, data: Data, choice: DataChoice): Promise<DataSummary> {
  if (data.kind === 'sample') return headless.ask('importSample', data.name, choice);
  await headless.choose('data', data);
  return headless.ask('importFiles', choice);
}

/** What runs when: gives a run to make, and takes how it ended. */
type Plan = Generator<AskedRun, void, RunRecord>;

function sweepOf(
  { settings, knobs, sweep }: Choices,
  known: readonly SettingSummary[],
  { augmentation }: DataSummary,
): Sweep {
  const chosen = settings.flatMap((id) => known.find((setting) => setting.id === id) ?? []);
  return { settings: chosen, knobs, choice: sweep, augmentation };
}

function* sweptRuns(sweep: Sweep): Plan {
  const { knobs, choice } = sweep;
  const outcomes = new Map<string, Outcome>();
  const nextTrial = () => wantedTrials(sweep, outcomes).find((trial) => !outcomes.has(trialKey(trial)));
  for (let trial = nextTrial(); trial; trial = nextTrial()) {
    const names = trialNames(trial, knobs, choice.seeds);
    const run = yield { ...trial, ...names, memoryCap: memoryCapBytes(knobs) };
    outcomes.set(trialKey(trial), outcomeOf(run));
  }
}

function* listedRuns(runs: readonly AskedRun[]): Plan {
  yield* runs;
}

/** Makes the planned runs one after another; results are on the disk after each. */
async function compare(
  headless: Headless,
  { out, charts, backend }: Choices,
  plan: Plan,
  results: Results,
): Promise<number> {
  const runs: RunRecord[] = [];
  const save = () => writeFile(join(out, 'results.json'), resultsText(results));
  const stopRun = () => void headless.ask('stop').catch(() => {});
  let step = plan.next();
  while (!step.done && !stop.signal.aborted) {
    stop.signal.addEventListener('abort', stopRun, { once: true });
    const run = await headless.ask('train', step.value);
    stop.signal.removeEventListener('abort', stopRun);
    runs.push(run);
    results.runs.push(runResults(run, await saveAdapter(headless, run, out, results)));
    await save();
    progress.say(ending(run));
    if (run.problem) process.stderr.write(`${run.name}: ${run.problem.message}\n`);
    if (run.problem && 'engineLost' in run.problem && run.problem.engineLost)
      await headless.ask('restart', backend);
    step = plan.next(run);
  }
  for (const name of CHART_NAMES) {
    const drawn = await headless.ask('chart', name, charts);
    if (drawn === null) continue;
    const file = `${name}.${charts}`;
    await writeFile(join(out, file), drawn, charts === 'svg' ? 'utf8' : 'base64');
    results.charts.push(file);
  }
  results.complete = !stop.signal.aborted;
  await save();
  const report = reportOf(results, await headless.ask('figures'));
  await writeFile(join(out, 'report.html'), html(report));
  await writeFile(join(out, 'report.md'), markdown(report));
  const files = [
    ...results.runs.flatMap(({ adapter }) => (adapter ? [`${adapter.file} (${bytes(adapter.bytes)})`] : [])),
    'report.html',
    'report.md',
    'results.json',
    ...results.charts,
  ];
  progress.say(
    `\n${comparison(runs.filter(({ role }) => role === 'final'))}\n\nWritten to ${out}: ${files.join(', ')}.`,
  );
  if (headless.refused.length > 0) {
    throw new Error(
      `The page asked for what is not on this machine, and was refused: ${headless.refused.join(' ')}`,
    );
  }
  if (stop.signal.aborted) return EXIT.stopped;
  // A rate that was only tried may well be too high.
  const failed = runs.some(({ role, status }) => role === 'final' && status !== 'finished');
  return failed ? EXIT.failed : EXIT.done;
}

/** How many runs there will be, and how each of what is compared keeps within its memory. */
async function announceRuns(headless: Headless, sweep: Sweep): Promise<void> {
  const obstacle = tooLarge(sweep);
  if (obstacle) throw new UserError(obstacle);
  const trials = allTrials(sweep);
  const searches = trials.filter(({ role }) => role === 'search').length;
  if (trials.length > sweep.settings.length)
    progress.say(`${counted(trials.length, 'run')}${searches > 0 ? `, ${searches} of them to search` : ''}.`);
  const arms = new Map(trials.map((trial) => [trialNames(trial, sweep.knobs, 1).armName, trial.config]));
  const planned = await headless.ask('plan', [...arms.values()], memoryCapBytes(sweep.knobs));
  for (const [index, name] of [...arms.keys()].entries()) {
    const memory = planned[index];
    if (memory?.fits) progress.say(`${name}: ${memory.sentence}`);
  }
}

async function saveAdapter(headless: Headless, run: RunRecord, out: string, { runs }: Results) {
  if (!run.model) return null;
  const content = await headless.ask('exportAdapter', run.model.modelId, run.name);
  const same = runs.filter(({ adapter, setting }) => adapter && setting === run.setting).length;
  const file = `${run.setting}${same > 0 ? `-${same + 1}` : ''}.safetensors`;
  await writeFile(join(out, file), content);
  return { file, bytes: content.byteLength };
}

function backboneSentence({ name, inputSize, parameters }: BackboneSummary): string {
  return `Backbone: ${name}, ${inputSize} px, ${short(parameters)} parameters.`;
}

function dataSentence({ name, classes, leftOut }: DataSummary): string {
  const left = leftOut.length > 0 ? `, ${counted(leftOut.length, 'file')} left out (see results.json)` : '';
  return `Data: ${name}, ${classes.length} classes, images: ${partWords(imagesPerPart(classes)).join(', ')}${left}.`;
}

/** What the person should know of the pictures before they trust the figures. */
function noticesOf(dataset: DataSummary): string[] {
  const conflicts = conflictSentence(dataset);
  return [
    presetSentence(dataset),
    groupSentence(dataset),
    unvalidatedSentence(dataset.split, dataset.classes),
    conflicts && `${conflicts} Their paths are in results.json.`,
  ].filter(Boolean);
}

/** One line for a run that is over. */
function ending(run: RunRecord): string {
  const end = run.epochs.at(-1);
  const reached = end
    ? `${percent(end.correct / Math.max(1, end.total))} after ${counted(end.epoch, 'epoch')}`
    : 'no epoch';
  const took = end ? `, ${duration(end.seconds)}` : '';
  return `${run.name}: ${run.status}, ${reached}${took}.`;
}

/** The first Ctrl-C ends the run and keeps its best; the next leaves at once. */
function heedSignals(): void {
  let first = 0;
  const heed = () => {
    const now = performance.now();
    if (first === 0) {
      first = now;
      progress.say('Stopping. The best epoch so far is kept; Ctrl-C again leaves at once.');
      stop.abort();
      // A signal may come twice, from the terminal and from npm.
    } else if (now - first > 500) process.exit(EXIT.stopped);
  };
  process.on('SIGINT', heed);
  process.on('SIGTERM', heed);
}

/** Rejects with an `AbortError` as soon as the person stops. */
function untilStopped<T>(work: Promise<T>): Promise<T> {
  const { signal } = stop;
  return new Promise((resolve, reject) => {
    const leave = () => reject(new DOMException('Stopped.', 'AbortError'));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
