/** A run's configuration as it may come from outside: bounds a run can be made with. */
import { z } from 'zod';
import { UserError } from '../user-error';
import type { RunConfig } from '../worker/protocol';

const rate = z.number().positive().max(1000);
const fraction = z.number().min(0).max(1);
const epochs = z.int().min(1).max(100_000);
const batchSize = z.int().min(1).max(4096);
const weightDecay = z.number().min(0).max(10);

/** `satisfies`: a field added to the configuration must be bounded here too, or this no longer compiles. */
export const runConfigSchema = z.object({
  setting: z.string().max(100),
  options: z.record(z.string().max(100), z.number()).refine((options) => Object.keys(options).length <= 100),
  epochs,
  batchSize,
  /** Zero for a setting that trains nothing but the head. */
  learningRate: z.number().min(0).max(1000),
  headLearningRate: rate,
  weightDecay,
  warmup: fraction,
  dropout: z.number().min(0).max(0.99),
  augmentation: z.enum(['crops-flips', 'flips', 'none']),
  /** Absent in files from before there was a choice. */
  views: z.int().min(0).max(1000).default(0),
  seed: z.int().min(0),
  /** Absent in files from before there was a choice. */
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
