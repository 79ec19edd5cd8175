/** Columns of the tables for the charts over time: a row per step or per epoch. */
import type { EpochResult } from '../../src/core/run';
import { accuracy, type RunRecord, type StepLoss } from '../store/run-record';
import type { Column } from '../ui/columns';
import { count, percent } from '../ui/format';
import { decimate } from './series';

type Of<Each> = Each & { run: RunRecord };

/** The steps of each run; evenly sampled if there are more than `limit`. */
export const stepRows = (runs: readonly RunRecord[], limit = Number.POSITIVE_INFINITY): Of<StepLoss>[] =>
  runs.flatMap((run) => decimate(run.steps, limit).map((step) => ({ ...step, run })));

export const epochRows = (runs: readonly RunRecord[]): Of<EpochResult>[] =>
  runs.flatMap((run) => run.epochs.map((epoch) => ({ ...epoch, run })));

const RUN: Column<{ run: RunRecord }> = {
  title: 'Run',
  show: ({ run }) => run.name,
  file: { run: ({ run }) => run.name },
};

export const STEP_COLUMNS: readonly Column<Of<StepLoss>>[] = [
  RUN,
  { title: 'Step', show: ({ step }) => count(step), file: { step: ({ step }) => step } },
  { title: 'Loss', show: ({ loss }) => loss.toFixed(4), file: { loss: ({ loss }) => loss } },
];

export const EPOCH_COLUMNS: readonly Column<Of<EpochResult>>[] = [
  RUN,
  { title: 'Epoch', show: ({ epoch }) => String(epoch), file: { epoch: ({ epoch }) => epoch } },
  { title: 'Accuracy', show: (row) => percent(accuracy(row)), file: { accuracy } },
  {
    title: 'Correct',
    show: ({ correct, total }) => `${correct} of ${total}`,
    file: { correct: ({ correct }) => correct, validation_images: ({ total }) => total },
  },
  {
    title: 'Loss',
    show: ({ valLoss }) => valLoss.toFixed(4),
    file: { validation_loss: ({ valLoss }) => valLoss },
  },
];

export const SEED_COLUMNS: readonly Column<Of<EpochResult>>[] = [
  {
    title: 'Seed',
    show: ({ run }) => String(run.config.seed),
    file: { seed: ({ run }) => run.config.seed },
  },
  {
    title: 'Setting',
    show: ({ run }) => run.armName,
    file: { setting: ({ run }) => run.armName },
  },
  ...EPOCH_COLUMNS.filter((column) => column !== RUN),
];
