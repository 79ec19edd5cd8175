/**
 * What a report says, as sections of plain text, tables and figures; html.ts and markdown.ts write it down. All of it comes from
 * the results and nothing else.
 */
import { decimate } from '../charts/series';
import { type ComparedRun, type Comparison, compare } from '../store/comparison';
import {
  accuracySentences,
  accuracyWords,
  differenceWords,
  macroF1Words,
  pWords,
  shownSentence,
  testSentence,
} from '../store/comparison-words';
import { computedByWords, isMixed } from '../store/computed-by';
import {
  conflictSentence,
  givenUpSentence,
  groupSentence,
  imagesPerPart,
  PRESET_LABELS,
  partWords,
  presetSentence,
  unvalidatedSentence,
} from '../store/data-words';
import { PROBE_SETTING } from '../store/defaults';
import { bytes, count, counted, duration, percent, rate } from '../ui/format';
import { comparedRun, type Results, type RunResults } from './results';

export const CHART_NAMES = [
  'accuracy-by-epoch',
  'loss-by-step',
  'accuracy-by-parameters',
  'accuracy-by-seconds',
  'accuracy-by-bytes',
] as const;
export type ChartName = (typeof CHART_NAMES)[number];

/** A chart as SVG text of our own making. */
export interface Figure {
  name: ChartName;
  title: string;
  svg: string;
}

export interface Table {
  kind: 'table';
  title: string;
  columns: readonly { title: string; right?: boolean }[];
  rows: readonly (readonly string[])[];
  /** Shown folded: it is long, or a detail. */
  folded?: boolean;
}

export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'facts'; facts: readonly (readonly [name: string, value: string])[] }
  | Table
  /** `file`: where the picture lies beside the report, if it does. */
  | { kind: 'figure'; figure: Figure; file: string | null }
  | { kind: 'command'; text: string }
  | { kind: 'file'; fileName: string; text: string };

export interface Section {
  title: string;
  blocks: readonly Block[];
}

export interface Report {
  title: string;
  lead: string;
  sections: readonly Section[];
}

type Run = RunResults & ComparedRun;

/** Rows of a table that stands open. */
const OPEN_ROWS = 24;
/** Epochs of a run that are given in numbers. */
const EPOCHS = 6;

const text = (words: string): Block => ({ kind: 'text', text: words });
const left = (title: string) => ({ title });
const right = (title: string) => ({ title, right: true });
/** Without what is empty. */
const texts = (...all: (string | false)[]) => all.flatMap((words) => (words ? [text(words)] : []));

export function reportOf(results: Results, figures: readonly Figure[]): Report {
  const runs = results.runs.map((run): Run => comparedRun(run, results.dataset));
  const comparison = compare(runs);
  const { arms } = comparison;
  const finals = runs.filter(({ role }) => role === 'final');
  const sections: Section[] = [
    { title: 'Results', blocks: resultBlocks(comparison, finals) },
    { title: 'Differences', blocks: differenceBlocks(comparison) },
    { title: 'Curves', blocks: curveBlocks(finals, figures, results.charts) },
    { title: 'Searches', blocks: searchBlocks(comparison) },
    { title: 'Settings', blocks: settingBlocks(comparison) },
    { title: 'Runs', blocks: runBlocks(finals) },
    { title: 'Data', blocks: dataBlocks(results.dataset) },
    { title: 'Backbone', blocks: backboneBlocks(results.backbone) },
    { title: 'Environment', blocks: environmentBlocks(results) },
    { title: 'Rerun', blocks: againBlocks(results) },
  ];
  const { name, version } = results.createdBy;
  const unfinished = results.complete ? '' : ' Stopped before all runs were done.';
  return {
    title: `Tuning report: ${results.dataset.name}`,
    lead: `${counted(arms.length, 'setting')} compared in ${counted(finals.length, 'run')} on ${results.dataset.label}; ${results.backbone.name}, ${results.backbone.inputSize} px. ${minute(results.madeAt)}, ${name} ${version}.${unfinished}`,
    sections: sections.filter(({ blocks }) => blocks.length > 0),
  };
}

/** `2025-01-31 14:23 UTC` */
const minute = (iso: string) => `${new Date(iso).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

// ---------------------------------------------------------------- results

function resultBlocks(comparison: Comparison<Run>, finals: readonly Run[]): Block[] {
  const { arms, searches } = comparison;
  if (arms.length === 0) return [text('No run has results.')];
  const tested = arms.some(({ test }) => test);
  const f1 = arms.some(({ validation }) => validation.macroF1 !== null);
  const table: Table = {
    kind: 'table',
    title: 'Accuracy with 95 % intervals',
    columns: [
      left('Setting'),
      right('Trainable in the backbone'),
      right('Trainable in the head'),
      right('Runs'),
      right('Validation accuracy'),
      ...(tested ? [right('Test accuracy')] : []),
      ...(f1 ? [right('Macro-F1, validation')] : []),
      ...(f1 && tested ? [right('Macro-F1, test')] : []),
      right('Time per run'),
      right('Adapter'),
    ],
    rows: arms.map(({ name, trainable, runs, validation, test, seconds, adapterBytes }) => [
      name,
      count(trainable.backbone),
      count(trainable.head),
      count(runs.length),
      accuracyWords(validation),
      ...(tested ? [accuracyWords(test)] : []),
      ...(f1 ? [macroF1Words(validation)] : []),
      ...(f1 && tested ? [macroF1Words(test)] : []),
      duration(seconds),
      adapterBytes > 0 ? bytes(Math.round(adapterBytes)) : NONE,
    ]),
  };
  const broken = finals.filter(({ outcome }) => outcome !== 'finished');
  return [
    table,
    ...texts(
      ...accuracySentences(comparison),
      searches.length > 0 &&
        (tested
          ? 'Hyperparameters were searched by validation accuracy, so use test accuracy for conclusions.'
          : 'Hyperparameters were searched on the same validation images, so these accuracies may be too high.'),
      broken.length > 0 &&
        `Not finished: ${broken.map((run) => `${run.name} (${run.outcome}${run.problem ? `: ${run.problem.message}` : ''})`).join('; ')}. They are not compared.`,
    ),
  ];
}

const NONE = '–';

// ---------------------------------------------------------------- differences

const VERDICTS = {
  better: 'the first is better',
  worse: 'the second is better',
  'no difference shown': 'no difference shown',
} as const;

function differenceBlocks(comparison: Comparison<Run>): Block[] {
  const { arms, pairs } = comparison;
  if (arms.length < 2) return [];
  if (pairs.length === 0) return [text('No two settings have a common seed, so there are no paired tests.')];
  return [
    text(shownSentence(comparison)),
    {
      kind: 'table',
      title: 'Paired comparison of settings',
      columns: [
        left('First'),
        left('Second'),
        right('Seeds'),
        right('First − second, points'),
        right('p'),
        left('Verdict'),
      ],
      rows: pairs.map((pair) => [
        pair.first.name,
        pair.second.name,
        count(pair.seeds),
        differenceWords(pair.difference),
        pWords(pair),
        pair.test ? VERDICTS[pair.test.verdict] : NONE,
      ]),
      folded: pairs.length > OPEN_ROWS,
    },
    text(testSentence(comparison)),
  ];
}

// ---------------------------------------------------------------- curves

function curveBlocks(finals: readonly Run[], figures: readonly Figure[], files: readonly string[]): Block[] {
  const drawn = finals.filter(({ epochs }) => epochs.length > 0);
  if (drawn.length === 0) return [];
  return [
    ...figures.map(
      (figure): Block => ({
        kind: 'figure',
        figure,
        file: files.find((file) => file.startsWith(`${figure.name}.`)) ?? null,
      }),
    ),
    {
      kind: 'table',
      title: 'Values of the curves',
      columns: [
        left('Run'),
        right('Epoch'),
        right('Training loss'),
        right('Validation loss'),
        right('Validation accuracy'),
      ],
      rows: drawn.flatMap(({ name, epochs }) =>
        decimate(epochs, EPOCHS).map(({ epoch, trainLoss, valLoss, correct, total }) => [
          name,
          count(epoch),
          trainLoss === null ? NONE : trainLoss.toFixed(4),
          valLoss.toFixed(4),
          percent(total === 0 ? 0 : correct / total),
        ]),
      ),
      folded: true,
    },
  ];
}

// ---------------------------------------------------------------- searches

const optionWords = ({ config }: Run) =>
  Object.entries(config.options)
    .map(([id, value]) => `${id} ${value}`)
    .join(', ');

/** What a setting was given to find its values with. */
interface Budget {
  setting: string;
  /** Epochs of each searching run. */
  epochs: number[];
  /** Choices of values that were run in full. */
  choices: number;
}

function budgets({ arms, searches }: Comparison<Run>): Budget[] {
  const ids = [...new Set([...arms, ...searches].map(({ setting }) => setting))];
  return ids.map((setting) => ({
    setting,
    epochs: searches
      .filter((run) => run.setting === setting)
      .map(({ config }) => config.epochs)
      .sort((a, b) => a - b),
    choices: arms.filter((arm) => arm.setting === setting).length,
  }));
}

/** Said of settings, two or more, and of those of them that train the backbone. */
function budgetSentence(all: readonly Budget[], tuned: readonly Budget[]): string {
  if (areSame(all)) return 'All settings had the same search budget: the same number of runs and epochs.';
  if (tuned.length > 1 && areSame(tuned))
    return 'All settings except the linear probe, which has its own epochs, had the same search budget: the same number of runs and epochs.';
  return 'The settings did not have the same search budget.';
}

const areSame = (budgets: readonly Budget[]) =>
  new Set(budgets.map(({ epochs, choices }) => JSON.stringify([epochs, choices]))).size <= 1;

function searchBlocks(comparison: Comparison<Run>): Block[] {
  const { searches } = comparison;
  const all = budgets(comparison);
  const chosenByHand = all.every(({ epochs, choices }) => epochs.length === 0 && choices <= 1);
  if (chosenByHand) return [text('No search: every setting ran with the given values.')];
  const tuned = all.filter(({ setting }) => setting !== PROBE_SETTING);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const budget: Table = {
    kind: 'table',
    title: 'Search budgets',
    columns: [
      left('Setting'),
      right('Search runs'),
      right('Search epochs in total'),
      right('Combinations of values run in full'),
    ],
    rows: all.map(({ setting, epochs, choices }) => [
      setting,
      count(epochs.length),
      count(sum(epochs)),
      count(choices),
    ]),
  };
  const found: Table = {
    kind: 'table',
    title: 'Search runs',
    columns: [
      left('Setting'),
      right('Learning rate'),
      left('Options'),
      right('Epochs'),
      right('Seed'),
      right('Validation accuracy'),
    ],
    rows: searches.map((run) => [
      run.setting,
      String(run.config.learningRate),
      optionWords(run) || NONE,
      count(run.config.epochs),
      String(run.config.seed),
      `${run.last ? `${percent(run.last.accuracy)} (${run.last.correct} of ${run.last.total})` : NONE}${run.outcome === 'finished' ? '' : `, ${run.outcome}`}`,
    ]),
    folded: searches.length > OPEN_ROWS,
  };
  return [
    ...texts(
      all.length > 1 && budgetSentence(all, tuned),
      searches.length > 0 &&
        'A search chooses the values with the highest validation accuracy after the last epoch. Search runs are not compared.',
    ),
    budget,
    ...(searches.length > 0 ? [found] : []),
  ];
}

// ---------------------------------------------------------------- settings

/** A run's configuration in words; what `options` holds comes on top. */
const FIELDS: readonly (readonly [name: string, value: (run: Run) => string])[] = [
  ['Learning rate', ({ config }) => String(config.learningRate)],
  ['Learning rate of the head', ({ config }) => String(config.headLearningRate)],
  ['Epochs', ({ config }) => count(config.epochs)],
  ['Batch', ({ config }) => count(config.batchSize)],
  ['Weight decay', ({ config }) => String(config.weightDecay)],
  ['Warm-up, fraction of all steps', ({ config }) => String(config.warmup)],
  ['Dropout', ({ config }) => String(config.dropout)],
  ['Augmentation', ({ config }) => config.augmentation],
  ['Views per image', ({ config: { views } }) => (views === 0 ? 'new views in every epoch' : count(views))],
  [
    'Patience (stop without progress)',
    ({ config: { patience } }) => (patience === 0 ? 'never' : counted(patience, 'epoch')),
  ],
  ['Warm start from the linear probe', ({ config }) => (config.warmStart ? 'yes' : 'no')],
  [
    'Linear probe',
    ({ config: { probe } }) =>
      `${counted(probe.epochs, 'epoch')}, batch ${probe.batchSize}, learning rate ${probe.learningRate}, weight decay ${probe.weightDecay}`,
  ],
  ['Memory cap', ({ memoryCap }) => (memoryCap === null ? 'automatic' : bytes(memoryCap))],
];

function settingBlocks({ arms }: Comparison<Run>): Block[] {
  const firsts = arms.flatMap(({ name, runs: [run] }) => (run ? [{ name, run }] : []));
  if (firsts.length === 0) return [];
  const valuesOf = (of: (run: Run) => string) => new Set(firsts.map(({ run }) => of(run)));
  const common = FIELDS.filter(([, of]) => valuesOf(of).size === 1);
  const own = FIELDS.filter(([, of]) => valuesOf(of).size > 1);
  return [
    {
      kind: 'table',
      title: 'Hyperparameters per setting',
      columns: [left('Setting'), left('Trains'), left('Options'), ...own.map(([name]) => left(name))],
      rows: firsts.map(({ name, run }) => [
        name,
        run.symbol,
        optionWords(run) || NONE,
        ...own.map(([, of]) => of(run)),
      ]),
    },
    text(firsts.length === 1 ? 'Other hyperparameters:' : 'Shared hyperparameters:'),
    {
      kind: 'facts',
      facts: common.flatMap(([name, of]) => firsts.slice(0, 1).map(({ run }) => [name, of(run)] as const)),
    },
  ];
}

function runBlocks(finals: readonly Run[]): Block[] {
  if (finals.length === 0) return [];
  const mixed = isMixed(finals.flatMap(({ result }) => result ?? []));
  return [
    {
      kind: 'table',
      title: 'Compared runs',
      columns: [
        left('Run'),
        left('Outcome'),
        right('Seed'),
        right('Last epoch'),
        right('Best epoch'),
        right('Time'),
        right('Images/s'),
        right('Micro-batch'),
        ...(mixed ? [left('Computed by')] : []),
      ],
      rows: finals.map((run) => [
        run.name,
        run.outcome,
        String(run.config.seed),
        run.last ? `${percent(run.last.accuracy)} (${count(run.last.epoch)})` : NONE,
        run.best ? `${percent(run.best.accuracy)} (${count(run.best.epoch)})` : NONE,
        duration(run.seconds),
        run.imagesPerSecond > 0 ? rate(run.imagesPerSecond) : NONE,
        run.memory
          ? `${count(run.memory.microBatch)}${run.memory.gradientCheckpointing ? ', gradient checkpointing' : ''}`
          : NONE,
        ...(mixed ? [run.result ? computedByWords(run.result) : NONE] : []),
      ]),
      folded: finals.length > OPEN_ROWS,
    },
  ];
}

// ---------------------------------------------------------------- data, backbone, environment

const DRAWN = { given: 'given by the folders', stratified: 'random, stratified by class' } as const;

function dataBlocks(dataset: Results['dataset']): Block[] {
  const images = imagesPerPart(dataset.classes);
  const { leftOut } = dataset;
  return [
    ...texts(dataset.description),
    {
      kind: 'facts',
      facts: [
        ['Name', dataset.name],
        ['Source', dataset.sample === null ? 'own files' : `built-in sample “${dataset.sample}”`],
        ['Classes', count(dataset.classes.length)],
        ['Images', partWords(images).join(', ')],
        ['Subset', PRESET_LABELS[dataset.preset]],
        ['Split', DRAWN[dataset.split]],
        ['Test images', dataset.testSplit ? DRAWN[dataset.testSplit] : 'none'],
        ['Split seed', String(dataset.seed)],
        ['Fraction held out as test images', percent(dataset.testPart, 0)],
        ['Default augmentation', dataset.augmentation],
        [
          'Left out',
          leftOut.length === 0 ? 'none' : `${counted(leftOut.length, 'file')}, listed in results.json`,
        ],
        ['SHA-256 of classes, paths and pixels', dataset.hash],
      ],
    },
    ...texts(
      presetSentence(dataset),
      groupSentence(dataset),
      conflictSentence(dataset),
      givenUpSentence(dataset),
      unvalidatedSentence(dataset),
    ),
    {
      kind: 'table',
      title: 'Images per class',
      columns: [left('Class'), right('Training'), right('Validation'), right('Test')],
      rows: dataset.classes.map(({ name, train, val, test }) => [
        name,
        count(train),
        count(val),
        count(test),
      ]),
      folded: dataset.classes.length > OPEN_ROWS,
    },
  ];
}

function backboneBlocks(backbone: Results['backbone']): Block[] {
  const { stages, ownClasses } = backbone;
  return [
    {
      kind: 'facts',
      facts: [
        ['Name', backbone.name],
        ['Stages', `${stages.used} of ${stages.inFile}`],
        ['Input', `${backbone.inputSize} × ${backbone.inputSize} pixels`],
        ['Parameters', count(backbone.parameters)],
        ['Features', count(backbone.features)],
        ['Pretrained classes', ownClasses === null ? 'none' : count(ownClasses)],
        ['File', bytes(backbone.fileBytes)],
        ['Licence', backbone.licence || 'unknown'],
        ['Citation', backbone.citation || 'unknown'],
        ['SHA-256', backbone.hash],
      ],
    },
  ];
}

function environmentBlocks({ createdBy, engine, environment }: Results): Block[] {
  return [
    {
      kind: 'facts',
      facts: [
        ['Program', `${createdBy.name} ${createdBy.version}`],
        ['TensorFlow.js', environment.tfjs],
        ['Browser', environment.browser],
        ['Backend', `${engine.backend === 'wasm' ? 'WebAssembly' : 'WebGPU'}; requested: ${engine.choice}`],
        ['Reason', engine.reason],
        ['GPU adapter', engine.adapter ?? 'none'],
        ['Device', engine.hardware ? 'GPU' : 'CPU'],
        ...(engine.backend === 'wasm' ? [['Threads', count(engine.threads)] as const] : []),
        ['Precision', engine.precision === 'half' ? 'fp16 storage, fp32 sums' : 'fp32'],
        ['Memory limit of a run', bytes(engine.limits.budget)],
      ],
    },
  ];
}

// ---------------------------------------------------------------- again

function againBlocks(results: Results): Block[] {
  const { dataset, backbone } = results;
  const data = dataset.sample === null ? ' --data FOLDER' : '';
  const weights = backbone.id === 'starter' ? '' : ' --backbone FILE';
  return [
    text(
      'Save the JSON below as results.json and pass it to the command line with the same images and weights; other images or weights are rejected. The finished runs are run again in the same order and their numbers are compared: on WebAssembly bit for bit, on WebGPU within 0.001. The numbers are reproducible on the same machine with the same versions.',
    ),
    { kind: 'command', text: `npm run tune -- --rerun results.json${data}${weights}` },
    { kind: 'file', fileName: 'results.json', text: repeatText(results) },
  ];
}

/** The results without the losses of single steps, a line for every run. */
function repeatText({ runs, ...rest }: Results): string {
  const lines = runs.map((run) => JSON.stringify({ ...run, losses: [] }));
  const head = JSON.stringify({ ...rest, runs: [] });
  return head.replace(/"runs":\[\]\}$/, () => `"runs":[\n${lines.join(',\n')}\n]}\n`);
}
