/** Parses a run's configuration from outside and checks its bounds. */

import type { RunConfig } from '../core/run';
import { UserError } from '../core/user-error';
import { z } from '../schema';

const rate = z.number().positive().max(1000);
const fraction = z.number().min(0).max(1);
const epochs = z.int().min(1).max(100_000);
const batchSize = z.int().min(1).max(4096);
const weightDecay = z.number().min(0).max(10);

/** `satisfies` makes this fail to compile if the configuration gains a field that is not checked here. */
export const runConfigSchema = z.object({
  setting: z.string().max(100),
  options: z.record(z.string().max(100), z.number()).refine((options) => Object.keys(options).length <= 100),
  epochs,
  batchSize,
  /** Zero for a setting that trains only the head. */
  learningRate: z.number().min(0).max(1000),
  headLearningRate: rate,
  weightDecay,
  warmup: fraction,
  dropout: z.number().min(0).max(0.99),
  augmentation: z.enum(['crops-flips', 'flips', 'none']),
  /** Absent in files of earlier versions, which had no such option. */
  views: z.int().min(0).max(1000).default(0),
  seed: z.int().min(0),
  /** Absent in files of earlier versions, which had no such option. */
  patience: z.int().min(0).max(1000).default(0),
  warmStart: z.boolean(),
  probe: z.object({ epochs, learningRate: rate, weightDecay, batchSize }),
}) satisfies z.ZodType<RunConfig>;

/** Throws `UserError` naming the field that is out of bounds. */
export function parseRunConfig(config: unknown): RunConfig {
  const parsed = runConfigSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(
    `The run cannot start: ${issue?.path.join('.') || 'the configuration'}: ${issue?.message}. Change it and run again.`,
  );
}
