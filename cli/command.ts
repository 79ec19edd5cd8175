/** The command, from arguments to exit code. The process, the clock and the page are passed in. */
import { dirname } from 'node:path';
import {
  backboneDifference,
  dataDifference,
  engineDifference,
  finishedRuns,
  settingDifference,
} from '../app/report/rerun';
import { backboneFacts, RESULTS_FORMAT, type Results } from '../app/report/results';
import { classSentence } from '../app/store/data-words';
import { DEFAULT_HYPERPARAMETERS } from '../app/store/defaults';
import { sweepObstacle } from '../app/store/sweep';
import { counted } from '../app/ui/format';
import packageJson from '../package.json' with { type: 'json' };
import type { BackboneSummary } from '../src/core/backbone';
import { UserError } from '../src/core/user-error';
import { type BackboneOptions, type Choices, checkSettings, HELP, isZip, parseChoices } from './choices';
import { compareRuns } from './compare-runs';
import { EXIT, type ExitCode, endOf } from './exit-code';
import { kindOf, makeFolder } from './folders';
import { inspection } from './inspection';
import { knownSettings } from './known-settings';
import { withoutLinks } from './linked-folder';
import type { DataChoice, DataSummary, OpenedProject } from './messages';
import type { Headless, openHeadless, Place } from './page';
import { type Output, ProgressLine } from './progress-line';
import { newConfiguration, otherBackbone, projectChoices, projectSentences } from './project';
import { projectFile, zipToWrite } from './project-file';
import { readResults, refuse, repeatedChoices, repeatedRuns, verdicts } from './rerun';
import { listedRuns, sweepOf, sweptRuns } from './run-plan';
import {
  backboneSentence,
  dataSentence,
  engineSentence,
  memorySentences,
  noticesOf,
  programSentence,
  runCountSentence,
} from './sentences';
import { heedSignals, type Leaving, untilStopped } from './stop';
import { resultsFolder } from './written-files';

export interface Surroundings extends Leaving {
  stdout: Output;
  stderr: Pick<Output, 'write'>;
  startedAt: Date;
  /** Registers a callback for the end of the process, for any reason. */
  onExit: (clean: () => void) => void;
  openHeadless: typeof openHeadless;
}

/** Runs the command. Errors are written to standard error and mapped to an exit code. */
export async function tune(typed: string[], around: Surroundings): Promise<ExitCode> {
  const progress = new ProgressLine(around.stdout, around.clock);
  try {
    return await tuned(typed, around, progress);
  } catch (error) {
    progress.clear();
    const { code, text } = endOf(error);
    if (text) around.stderr.write(text);
    // Stopped before there were results. Pending startup work is not awaited.
    if (code === EXIT.stopped) around.leave(code);
    return code;
  }
}

async function tuned(typed: string[], around: Surroundings, progress: ProgressLine): Promise<ExitCode> {
  const { startedAt, stderr } = around;
  const parsed = parseChoices(typed, startedAt);
  if (!parsed) {
    around.stdout.write(HELP);
    return EXIT.done;
  }
  const before = parsed.rerun === null ? null : await readResults(parsed.rerun);
  const given = before ? repeatedChoices(parsed, before) : parsed;
  const zip = given.data?.kind === 'project' ? given.data.path : null;
  if (before) refuse(settingDifference(finishedRuns(before), await knownSettings(given.backbone.stages)));
  // A project may have other settings.
  else if (zip === null) checkSettings(given, await knownSettings(given.backbone.stages));
  if (zip !== null && (await kindOf('project', zip)) === 'folder')
    throw new UserError(`“${zip}” is a folder. --project takes a project’s zip.`);
  const out = isZip(given.out) && !given.inspect ? await zipToWrite(given.out, zip) : given.out;
  const data = given.data && (await dataOf(given.data, around));
  const { path } = given.backbone;
  const weights = path === null ? null : { path, kind: await kindOf('backbone', path) };
  const stopping = new AbortController();
  const stop = stopping.signal;
  heedSignals(around, {
    code: EXIT.stopped,
    onFirst: () => {
      progress.say('Stopping. The best epoch so far is kept. Press Ctrl-C again to quit at once.');
      stopping.abort();
    },
  });
  const headless = await untilStopped(
    around.openHeadless(
      (report) => progress.show(report),
      (notice) => progress.say(programSentence(notice)),
    ),
    stop,
  );
  try {
    const project = zip === null ? null : await untilStopped(openProject(headless, zip), stop);
    for (const sentence of project ? projectSentences(project, out) : []) progress.say(sentence);
    const choices = project ? projectChoices(typed, startedAt, project) : given;
    const { path: _, ...form } = choices.backbone;
    if (project) checkSettings(choices, await knownSettings(form.stages));
    const { engine, backbone: starter } = await untilStopped(headless.ask('start', choices.backend), stop);
    progress.say(engineSentence(engine));
    if (before) refuse(engineDifference(before, engine));
    const backbone =
      weights || form.stages !== null || form.inputSize !== null || form.trunk !== undefined
        ? await untilStopped(changeBackbone(headless, weights, form), stop)
        : starter;
    progress.say(backboneSentence(backbone));
    for (const sentence of backbone.notices) progress.say(sentence);
    if (before) refuse(backboneDifference(before, backbone));
    if (project) refuse(otherBackbone(project, backbone));
    // Only weights were given (`--inspect`).
    if (!data) return EXIT.done;
    // Again, because a weight file may have fewer stages.
    checkSettings(choices, await headless.ask('settings', DEFAULT_HYPERPARAMETERS));
    const dataset = await untilStopped(
      importData(headless, data, {
        seed: choices.splitSeed,
        testPart: choices.testPart,
        preset: choices.preset,
        reading: choices.reading,
      }),
      stop,
    );
    progress.say(dataSentence(dataset));
    progress.say(classSentence(dataset.classes, dataset.classes.length));
    for (const sentence of noticesOf(dataset)) progress.say(sentence);
    if (choices.inspect) {
      progress.say(inspection(dataset));
      return EXIT.done;
    }
    if (before) refuse(dataDifference(before, dataset));
    const settings = await headless.ask('settings', choices.hyperparameters);
    const again = before && repeatedRuns(before, settings);
    const sweep = sweepOf(choices, settings, dataset);
    const obstacle = again ? null : sweepObstacle(sweep);
    if (obstacle) throw new UserError(obstacle);
    await makeFolder(isZip(out) ? dirname(out) : out);
    if (isZip(out) && !project) await headless.ask('makeProject', newConfiguration(choices));
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
    if (again) progress.say(`Rerunning ${counted(again.length, 'run')}.`);
    else {
      const runs = runCountSentence(sweep);
      if (runs) progress.say(runs);
      const memory = await memorySentences(sweep, (configs, cap) => headless.ask('plan', configs, cap));
      for (const sentence of memory) progress.say(sentence);
    }
    const plan = again ? listedRuns(again) : sweptRuns(sweep);
    const destination = isZip(out)
      ? await projectFile(out, headless, results, around.onExit)
      : resultsFolder(choices, headless, results);
    const code = await compareRuns(headless, choices.backend, plan, destination, {
      ...{ progress, stderr, stop },
    });
    if (!before) return code;
    const { lines, same } = verdicts(before, results.runs);
    progress.say(lines.join('\n'));
    return code === EXIT.done && !same ? EXIT.failed : code;
  } finally {
    await headless.close();
  }
}

/** `notices`: information about the files that the person should see before they are read. */
type Data = (Place & { notices?: string[] }) | Exclude<NonNullable<Choices['data']>, { kind: 'path' }>;

async function dataOf(data: NonNullable<Choices['data']>, { onExit }: Surroundings): Promise<Data> {
  if (data.kind !== 'path') return data;
  const { path } = data;
  if ((await kindOf('data', path)) === 'file') return { kind: 'file', path };
  const { remove, ...folder } = await withoutLinks(path);
  // Temporary files are kept until the process ends, because the page reads them again after an engine restart.
  onExit(remove);
  return { kind: 'folder', ...folder };
}

async function openProject(headless: Headless, path: string): Promise<OpenedProject> {
  await headless.choose('project', { kind: 'file', path });
  return headless.ask('openProject');
}

async function changeBackbone(
  headless: Headless,
  weights: Place | null,
  { stages, inputSize, trunk }: Omit<BackboneOptions, 'path'>,
): Promise<BackboneSummary> {
  if (weights) await headless.choose('backbone', weights);
  return headless.ask('useBackbone', stages, inputSize, ...(trunk === undefined ? [] : [trunk]));
}

async function importData(headless: Headless, data: Data, choice: DataChoice): Promise<DataSummary> {
  if (data.kind === 'sample') return headless.ask('importSample', data.name, choice);
  if (data.kind === 'project') {
    const { reading: _, ...split } = choice;
    return headless.ask('importKept', split);
  }
  const { notices = [], ...place } = data;
  await headless.choose('data', place);
  const dataset = await headless.ask('importFiles', choice);
  return { ...dataset, notices: [...notices, ...dataset.notices] };
}
