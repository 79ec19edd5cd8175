/**
 * `npm run cases [-- FOLDER]`: opens typical user inputs as the command line does and compares the result with the expected one. The
 * inputs are in a folder beside the project; without it the script does nothing. A new input is a row of `ROWS`.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kindOf } from '../cli/folders';
import type { DataSummary } from '../cli/messages';
import { type Headless, openHeadless } from '../cli/page';
import type { BackboneSummary } from '../src/core/backbone';
import { UserError } from '../src/core/user-error';

const DEFAULT_FOLDER = '../shared/cases';
/** The time limit of a command; one that takes longer counts as failed. */
const COMMAND_MS = 180_000;

/** The training, validation and test images of a class; or their total, if the split is drawn. */
type Counts = readonly [train: number, val: number, test: number] | number;

/** What is wrong, as a sentence; null if nothing is. */
type Check<T> = (found: T) => string | null;

type Expected =
  | {
      classes: Readonly<Record<string, Counts>>;
      split: DataSummary['split'];
      /** Alternatively, the input may be rejected with a message that matches this. */
      orRefused?: RegExp;
      check?: Check<DataSummary>;
    }
  | { refused: RegExp }
  | { opens: true; ownClasses?: number; check?: Check<BackboneSummary> }
  /** For the command line: its output matches all of these. */
  | { prints: readonly RegExp[] };

type Input =
  /** A folder, a file, or files chosen together. */
  | { data: string | readonly string[] }
  | { weights: string | readonly string[] }
  /** A data set composed of single files: paths in it, and the file for each. */
  | { set: Readonly<Record<string, string>> }
  /** Options of the command line, run in a copy of the case's folder after its `make.sh`. */
  | { command: readonly string[] };

/** Paths are below the case's folder; those of a set below the folder of all cases. */
type Row = { case: string; expected: Expected } & Input;

const drawn = (classes: Readonly<Record<string, Counts>>, check?: Check<DataSummary>): Expected => ({
  classes,
  split: 'stratified',
  ...(check && { check }),
});

const nothingLeftOut: Check<DataSummary> = ({ leftOut }) =>
  leftOut.length === 0
    ? null
    : `left out: ${leftOut.map(({ path, reason }) => `${path} (${reason})`).join(', ')}`;

const isNoticed =
  (words: RegExp): Check<BackboneSummary> =>
  // The notices about weights, besides their name.
  ({ name: _, ...found }) =>
    words.test(JSON.stringify(found)) ? null : `nothing says ${words}`;

/** Images for a second class, which is needed only because a data set must have two. */
const ordinary = (name: string) =>
  Object.fromEntries([0, 1, 2].map((i) => [`${name}/ordinary${i}0.png`, `loose-images/${i}.png`]));

/** An image with an orientation tag and its expected appearance, in two classes: if decoded correctly, they are contradicting duplicates. */
const turned = (number: number): Row => ({
  case: 'webp-exif',
  set: {
    [`seen/exif${number}.webp`]: `webp-exif/exif${number}.webp`,
    [`wanted/exif${number}.png`]: `webp-exif/exif${number}-expected.png`,
    ...ordinary('seen'),
    'wanted/a.png': 'symlinks/real/cat/0.png',
    'wanted/b.png': 'symlinks/real/dog/0.png',
  },
  expected: drawn({ seen: 4, wanted: 3 }, ({ duplicates: { conflicts } }) =>
    JSON.stringify(conflicts) === JSON.stringify([[`seen/exif${number}.webp`, `wanted/exif${number}.png`]])
      ? null
      : `conflicting labels: ${JSON.stringify(conflicts)}`,
  ),
});

const readable = (file: string): Row => ({
  case: 'readable-but-refused',
  set: {
    [`a/${file}`]: `readable-but-refused/${file}`,
    ...ordinary('a'),
    'b/0.png': 'symlinks/real/dog/0.png',
    'b/1.png': 'symlinks/real/dog/1.png',
  },
  expected: drawn({ a: 4, b: 2 }, nothingLeftOut),
});

const ROWS: readonly Row[] = [
  {
    case: 'blank-duplicates',
    data: 'blank.zip',
    expected: drawn({ a: 8, b: 8 }, ({ duplicates: { groups, images, leaked } }) =>
      groups === 1 && images === 8 && leaked.val > 0
        ? null
        : `${groups} groups of ${images} images, ${leaked.val} validation images with copies in training`,
    ),
  },
  {
    case: 'checkpoint-keys',
    weights: 'ema.pth',
    expected: { opens: true, check: isNoticed(/state_dict_ema/) },
  },
  { case: 'csv-labels', data: 'labels-csv.zip', expected: { refused: /labels\.csv/ } },
  { case: 'csv-labels', data: 'hf-metadata.zip', expected: { refused: /metadata\.csv/ } },
  {
    case: 'fixed-camera',
    data: 'fixed-camera.zip',
    expected: drawn({ absent: 12, present: 12 }, ({ duplicates: { givenUp, leaked } }) =>
      givenUp.classes.join() === 'absent,present' && leaked.val > 0 ? null : 'there is no warning',
    ),
  },
  { case: 'hidden-top-folder', data: '.photos', expected: drawn({ cat: 3, dog: 3 }, nothingLeftOut) },
  { case: 'loose-images', data: ['0.png', '1.png', '2.png'], expected: { refused: /not in folders/ } },
  { case: 'nfc-nfd', data: 'flat.zip', expected: drawn({ ['café'.normalize('NFC')]: 12, the: 6 }) },
  readable('no-eoi-padded.jpg'),
  readable('reserved.bmp'),
  { case: 'second-head', weights: 'other-size.pth', expected: { opens: true, ownClasses: 10 } },
  {
    case: 'sharded-safetensors',
    weights: [
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
    ],
    expected: { opens: true },
  },
  {
    case: 'split-folders-as-classes',
    data: 'prefixed.zip',
    expected: { classes: { rose: [6, 3, 0], tulip: [6, 3, 0] }, split: 'given', orRefused: /flowers_train/ },
  },
  {
    case: 'split-folders-as-classes',
    data: 'seg_train-nested.zip',
    expected: { classes: { forest: [5, 1, 3], sea: [5, 1, 3] }, split: 'stratified', orRefused: /seg_train/ },
  },
  {
    case: 'split-folders-as-classes',
    data: 'training_set-nested.zip',
    expected: {
      classes: { cats: [5, 1, 3], dogs: [5, 1, 3] },
      split: 'stratified',
      orRefused: /training_set/,
    },
  },
  {
    case: 'split-folders-wrapped-once',
    data: 'train-train.zip',
    expected: { classes: { cats: [6, 3, 0], dogs: [6, 3, 0] }, split: 'given' },
  },
  {
    case: 'split-folders-wrapped-once',
    data: 'train-images.zip',
    expected: { classes: { cats: [6, 3, 0], dogs: [6, 3, 0] }, split: 'given' },
  },
  {
    case: 'split-folders-wrapped-once',
    data: ['train.zip', 'test.zip'],
    expected: { classes: { cats: [5, 1, 3], dogs: [5, 1, 3] }, split: 'stratified' },
  },
  // Class, training, validation and test images, as --inspect prints them.
  {
    case: 'symlinks',
    // Links that lead out of the chosen folder are not followed; each is named.
    command: ['--inspect', '--data', 'linked'],
    expected: {
      prints: [/2 symbolic links were passed over: each leads out of the folder: “cat” and “dog”/],
    },
  },
  {
    case: 'symlinks',
    command: ['--inspect', '--data', 'mixed'],
    expected: { prints: [/4 symbolic links were passed over/, /^cat +2 +1 +0$/m, /^dog +2 +1 +0$/m] },
  },
  {
    case: 'tar-gz',
    data: 'set.tar.gz',
    expected: { ...drawn({ cat: 4, dog: 4 }), orRefused: /npack it first/ },
  },
  { case: 'torch-file-stem-of-21', weights: 'model_best_checkpoint.pth', expected: { opens: true } },
  { case: 'torch-file-stem-of-21', weights: 'same-weights.pth', expected: { opens: true } },
  {
    case: 'torch-file-stem-of-21',
    data: 'data-set-with-zip64-record.zip',
    expected: drawn({ cat: 5, dog: 4 }, nothingLeftOut),
  },
  turned(3),
  turned(6),
  { case: 'zip-mixed-slashes', data: 'mixed.zip', expected: drawn({ cat: 4, dog: 4 }, nothingLeftOut) },
  { case: 'zip-shift-jis', data: 'sjis.zip', expected: drawn({ 猫: 4, 犬: 4, ソ: 4 }, nothingLeftOut) },
];

// ---------------------------------------------------------------- outcome of an input

type Outcome =
  | { data: DataSummary }
  | { weights: BackboneSummary }
  | { refused: string }
  | { printed: string };

async function outcomeOf(row: Row, headless: Headless, root: string, scratch: string): Promise<Outcome> {
  const place = async (paths: string | readonly string[], purpose: 'data' | 'backbone') => {
    const all = [paths].flat().map((path) => join(root, row.case, path));
    const [only = ''] = all;
    return all.length === 1
      ? { path: only, kind: await kindOf(purpose, only) }
      : { path: all, kind: 'file' as const };
  };
  const imported = async (from: Awaited<ReturnType<typeof place>>): Promise<Outcome> => {
    await headless.choose('data', from);
    return {
      data: await headless.ask('importFiles', {
        ...{ seed: 1, testPart: 0, preset: 'whole', reading: {} },
      }),
    };
  };
  try {
    if ('command' in row) return { printed: printedBy(row.command, join(root, row.case), scratch) };
    if ('data' in row) return await imported(await place(row.data, 'data'));
    if ('set' in row) return await imported({ path: putTogether(row.set, root, scratch), kind: 'folder' });
    await headless.choose('backbone', await place(row.weights, 'backbone'));
    return { weights: await headless.ask('useBackbone', null, null) };
  } catch (error) {
    if (error instanceof UserError) return { refused: error.message };
    return { refused: `a fault of the program: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function putTogether(set: Readonly<Record<string, string>>, root: string, scratch: string): string {
  const folder = mkdtempSync(join(scratch, 'set-'));
  for (const [path, from] of Object.entries(set)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, from), join(folder, path));
  }
  return folder;
}

/** The output of the command, run in a copy of the case's folder. */
function printedBy(options: readonly string[], from: string, scratch: string): string {
  const folder = mkdtempSync(join(scratch, 'command-'));
  cpSync(from, folder, { recursive: true });
  if (existsSync(join(folder, 'make.sh'))) {
    spawnSync('chmod', ['-R', 'u+w', folder]);
    spawnSync('sh', [join(folder, 'make.sh')]);
  }
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'cli/tune.ts', ...options], {
    cwd,
    encoding: 'utf8',
    timeout: COMMAND_MS,
    env: { ...process.env, INIT_CWD: folder },
  });
  return `${stdout}${stderr}`;
}

/** How the outcome differs from the expectation; null if it does not. */
function fault(expected: Expected, outcome: Outcome): string | null {
  if ('printed' in outcome) {
    const missing = 'prints' in expected ? expected.prints.filter((each) => !each.test(outcome.printed)) : [];
    return missing.length > 0 ? `not printed: ${missing.join(' and ')}` : null;
  }
  if ('refused' in outcome) {
    const words =
      'refused' in expected ? expected.refused : 'classes' in expected ? expected.orRefused : undefined;
    if (!words) return 'refused';
    return words.test(outcome.refused) ? null : `the sentence does not say ${words}`;
  }
  if ('weights' in outcome && 'opens' in expected) {
    const { ownClasses } = outcome.weights;
    if (expected.ownClasses !== undefined && ownClasses !== expected.ownClasses)
      return `a head of ${ownClasses} classes`;
    return expected.check?.(outcome.weights) ?? null;
  }
  if ('data' in outcome && 'classes' in expected) {
    const { classes, split } = outcome.data;
    const found = new Map(classes.map((each) => [each.name, each]));
    const isAsExpected = ([name, counts]: [string, Counts]) => {
      const { train, val, test } = found.get(name) ?? { train: 0, val: 0, test: 0 };
      if (typeof counts === 'number') return train + val + test === counts && train > 0 && val > 0;
      return [train, val, test].join() === counts.join();
    };
    const wanted = Object.entries(expected.classes);
    if (wanted.length !== classes.length || !wanted.every(isAsExpected)) return 'other classes or counts';
    if (split !== expected.split) return `the split is ${split}`;
    return expected.check?.(outcome.data) ?? null;
  }
  return 'refused' in expected ? 'not refused' : 'something else came of it';
}

// ---------------------------------------------------------------- text

function inputWords(row: Row): string {
  if ('command' in row) return `tune ${row.command.join(' ')}`;
  if ('set' in row) return `a set with ${Object.keys(row.set)[0]}`;
  return ('data' in row ? [row.data] : [row.weights]).flat().join(' + ');
}

function expectationWords(expected: Expected): string {
  if ('prints' in expected) return `prints ${expected.prints.join(', ')}`;
  if ('refused' in expected) return `refused: ${expected.refused}`;
  if ('opens' in expected)
    return `opens${expected.ownClasses === undefined ? '' : `, ${expected.ownClasses} classes`}`;
  const classes = Object.entries(expected.classes).map(
    ([name, counts]) => `${name} ${[counts].flat().join('/')}`,
  );
  return `${classes.join(', ')}; ${expected.split}${expected.orRefused ? `; or refused: ${expected.orRefused}` : ''}`;
}

function outcomeWords(outcome: Outcome): string {
  if ('printed' in outcome) return outcome.printed.trim().split('\n').slice(-6).join(' | ');
  if ('refused' in outcome) return `refused: ${outcome.refused}`;
  if ('weights' in outcome) return `opened, ${outcome.weights.ownClasses ?? 'no'} classes`;
  const { classes, split } = outcome.data;
  return `${classes.map(({ name, train, val, test }) => `${name} ${train}/${val}/${test}`).join(', ')}; ${split}`;
}

// ---------------------------------------------------------------- main

async function main(): Promise<number> {
  const root = resolve(process.env.INIT_CWD ?? process.cwd(), process.argv[2] ?? DEFAULT_FOLDER);
  if (!existsSync(root)) {
    console.log(
      `There is no folder ${root}: nothing was tried. Give the folder of the cases as an argument.`,
    );
    return 0;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'cases-'));
  const headless = await openHeadless(
    () => {},
    () => {},
  );
  let wrong = 0;
  let absent = 0;
  try {
    await headless.ask('start', 'wasm');
    for (const row of ROWS) {
      if (!existsSync(join(root, row.case))) {
        absent++;
        console.log(`absent  ${row.case}`);
        continue;
      }
      const outcome = await outcomeOf(row, headless, root, scratch);
      const said = fault(row.expected, outcome);
      if (said !== null) wrong++;
      console.log(`${said === null ? 'right ' : 'WRONG '}  ${row.case}: ${inputWords(row)}`);
      console.log(`          expected  ${expectationWords(row.expected)}`);
      console.log(`          result    ${outcomeWords(outcome)}${said === null ? '' : `  [${said}]`}`);
    }
  } finally {
    await headless.close();
    rmSync(scratch, { recursive: true, force: true });
  }
  console.log(
    `${ROWS.length - wrong - absent} right, ${wrong} wrong${absent > 0 ? `, ${absent} absent` : ''}.`,
  );
  return wrong > 0 ? 1 : 0;
}

process.exitCode = await main();
