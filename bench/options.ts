/** Parses the benchmark's command line. */
import { parseArgs } from 'node:util';
import type { BackendName } from '../src/core/engine';
import { UserError } from '../src/core/user-error';
import { BACKBONES, type BackboneName, RIVALS, type RivalName, SETTINGS, type Setting } from './case';

export const HELP = `npm run bench [-- FLAGS]       in Chromium: wasm and WebGPU
npm run bench:node [-- FLAGS]  in plain Node: WebGPU by Dawn, on the Vulkan driver that VK_DRIVER_FILES names

  --backend wasm,webgpu      default: what the host has
  --backbone starter,resnet50
  --setting ${SETTINGS.join(',')}
  --rival "ours,ours half,stock tfjs,jax-js,PyTorch"
  --size 64,224              default: 64 for the starter; 64 and 224 for ResNet-50, where that takes less than --limit
  --batch N                  default: 16; less where the roof is low
  --classes N                default: 5
  --seconds N                timed work per row, default 5
  --steps N                  most timed samples per row, default 20
  --least N                  fewest, default 2; 1 where a step takes longer than --seconds
  --limit MINUTES            rows expected to take longer are skipped, default 0.75; none where --size is given
  --no-passes                leaves out the convolution's passes
  --passes                   only these
  --memory                   only peak memory: ΔD, ResNet-50, 224 px, batch 16, one step each
  --growth                   only how cost grows with batch, size and classes
  --json                     the numbers as JSON on standard output; the table goes to standard error
`;

export type Mode = 'steps' | 'passes' | 'memory' | 'growth';

export interface Options {
  mode: Mode;
  backends: BackendName[] | null;
  backbones: BackboneName[];
  settings: Setting[];
  rivals: RivalName[];
  sizes: number[] | null;
  batch: number | null;
  classes: number;
  seconds: number;
  steps: number;
  leastSteps: number;
  /** Minutes; Infinity for no limit. */
  limit: number;
  withPasses: boolean;
  json: boolean;
  help: boolean;
}

/** Throws `UserError` for unknown flags and invalid values. */
export function parseOptions(args: string[]): Options {
  const { values } = parse(args);
  const modes = (['passes', 'memory', 'growth'] as const).filter((mode) => values[mode]);
  if (modes.length > 1) throw new UserError(`Choose one of --${modes.join(' and --')}.`);
  const sizes = values.size === undefined ? null : list(values.size).map((text) => whole('size', text, 32));
  return {
    mode: modes[0] ?? 'steps',
    backends: values.backend === undefined ? null : chosen('backend', values.backend, ['wasm', 'webgpu']),
    backbones: chosen('backbone', values.backbone ?? BACKBONES.join(), BACKBONES),
    settings: chosen('setting', values.setting ?? SETTINGS.join(), SETTINGS),
    rivals: chosen('rival', values.rival ?? RIVALS.join(), RIVALS),
    sizes,
    batch: values.batch === undefined ? null : whole('batch', values.batch, 1),
    classes: whole('classes', values.classes ?? '5', 2),
    seconds: positive('seconds', values.seconds ?? '5'),
    steps: whole('steps', values.steps ?? '20', 1),
    leastSteps: whole('least', values.least ?? '2', 1),
    limit:
      values.limit === undefined && sizes !== null
        ? Number.POSITIVE_INFINITY
        : positive('limit', values.limit ?? '0.75'),
    withPasses: values['no-passes'] !== true,
    json: values.json === true,
    help: values.help === true,
  };
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args,
      options: {
        backend: text,
        backbone: text,
        setting: text,
        rival: text,
        size: text,
        batch: text,
        classes: text,
        seconds: text,
        steps: text,
        least: text,
        limit: text,
        passes: flag,
        'no-passes': flag,
        memory: flag,
        growth: flag,
        json: flag,
        help: flag,
      },
    });
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
}

function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function chosen<T extends string>(flag: string, text: string, known: readonly T[]): T[] {
  return list(text).map((part) => {
    const found = known.find((name) => name === part);
    if (found === undefined) throw new UserError(`--${flag} ${part}: choose of ${known.join(', ')}.`);
    return found;
  });
}

function whole(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new UserError(`--${flag} ${text}: a whole number from ${least} is needed.`);
  }
  return value;
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UserError(`--${flag} ${text}: a number above 0 is needed.`);
  return value;
}
