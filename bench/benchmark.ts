/** Runs the benchmark on one host: which rows, in which order, and which are skipped because they would take too long. */
import { availableParallelism } from 'node:os';
import type { BackendName } from '../src/core/engine';
import { UserError } from '../src/core/user-error';
import type {
  BackboneName,
  Case,
  Reference,
  RivalName,
  Roof,
  Setting,
  StepOutcome,
  StepRequest,
} from './case';
import { type Claim, claims, memoryClaim } from './claims';
import type { Host } from './hosts/host';
import type { Options } from './options';
import { type Environment, gigaflops, median, type Row, sameCase, stepMs } from './results';
import { findPyTorch, type PyTorch } from './rivals/pytorch';
import { caseLine, environmentLine, header, number, passHeader, passLine, rowLine } from './table';
import { stepFlop } from './work';

/** The losses of the first rival that runs are the reference for the others, so the independent implementations come first. */
const ORDER: RivalName[] = ['PyTorch', 'stock tfjs', 'jax-js', 'ours', 'ours half'];
const CHECKED_STEPS = 3;
const BATCHES = [16, 8, 4, 2, 1];
/** The batch is chosen so that a ΔD step at a twentieth of the roof, about the speed of stock tfjs, takes at most this many seconds. */
const LONGEST_STEP = 8;
/** The number of images in the checked steps on the CPU. */
const SOFTWARE_CHECK = 2;
/** The expected fraction of the roof, until a rival has been measured. */
const FIRST_GUESS: Record<RivalName, number> = {
  ours: 0.2,
  'ours half': 0.2,
  'stock tfjs': 0.05,
  'jax-js': 0.005,
  PyTorch: 0.5,
};
const SIZES: Record<BackboneName, number[]> = { starter: [64], resnet50: [64, 224] };
const PROBE_IMAGES = 1000;
const PASSES = { size: 64, batch: 16 };
/** The time limit if nothing is expected; a page that takes longer is considered hung. */
const MOST_MINUTES = 60;

export interface Report {
  date: string;
  mode: Options['mode'];
  environments: Environment[];
  claims: Claim[];
}

/** Runs the rows that the options select; `say` receives the table line by line. */
export async function benchmark(host: Host, options: Options, say: (line: string) => void): Promise<Report> {
  const pytorch = await findPyTorch(host.pytorchScript, host.readStarter);
  const run = new Run(host, options, say, pytorch);
  const backends = chosenBackends(host, options);
  const environments: Environment[] = [];
  for (const backend of backends) {
    try {
      environments.push(await run.on(backend));
    } catch (error) {
      say(`\n${backend}: FAILED: ${messageOf(error)}`);
    }
  }
  const found =
    options.mode === 'memory'
      ? environments.flatMap(({ rows, backend }) => memoryClaim(rows, backend))
      : claims(environments);
  if (found.length > 0) say('');
  for (const { text, measured, holds } of found) say(`${holds ? 'holds ' : 'FAILS '} ${text}: ${measured}`);
  return { date: new Date().toISOString(), mode: options.mode, environments, claims: found };
}

function chosenBackends(host: Host, { backends, mode }: Options): BackendName[] {
  if (!backends) {
    // Growth is measured on one backend only; without a GPU the host's first backend is its fastest.
    return mode === 'growth' ? host.backends.slice(0, 1) : host.backends;
  }
  const missing = backends.find((backend) => !host.backends.includes(backend));
  if (missing) throw new UserError(`There is no ${missing} here: ${host.backends.join(', ')} only.`);
  return backends;
}

class Run {
  /** PyTorch's rows do not depend on the backend and are measured once. */
  readonly #pytorchRows: Row[] = [];

  constructor(
    readonly host: Host,
    readonly options: Options,
    readonly say: (line: string) => void,
    readonly pytorch: PyTorch,
  ) {}

  async on(backend: BackendName): Promise<Environment> {
    const roof = await this.host.ask({ kind: 'roof', backend, tiles: null }, 10);
    const environment: Environment = { backend, roof, rows: [], probeEpoch: null, passes: null };
    this.say(`\n${environmentLine(roof)}`);
    switch (this.options.mode) {
      case 'steps':
        await this.#steps(environment);
        break;
      case 'passes':
        await this.#passes(environment);
        break;
      case 'memory':
        await this.#memory(environment);
        break;
      case 'growth':
        await this.#growth(environment);
        break;
    }
    return environment;
  }

  async #steps(environment: Environment): Promise<void> {
    const { options } = this;
    for (const backbone of options.backbones) {
      for (const size of options.sizes ?? SIZES[backbone]) {
        const batch = options.batch ?? this.#batch(environment.roof, backbone, size);
        const of = { backbone, size, batch, classes: options.classes };
        await this.#betterRoof(environment);
        this.say(`\n${caseLine({ ...of, setting: 'atoms' })}\n${header()}`);
        for (const setting of options.settings) {
          await this.#rivals(environment, { ...of, setting }, options.rivals, this.#timing());
        }
      }
    }
    if (options.settings.includes('probe-cached')) await this.#probeEpoch(environment);
    if (options.withPasses && environment.backend === 'webgpu') await this.#passes(environment);
  }

  /** Measures the roof again: on a shared machine the first measurement may have been disturbed. */
  async #betterRoof(environment: Environment): Promise<void> {
    if (environment.rows.length === 0) return;
    const again = await this.host.ask(
      { kind: 'roof', backend: environment.backend, tiles: environment.roof.engine.tiles },
      10,
    );
    if (again.gigaflops <= environment.roof.gigaflops) return;
    environment.roof = again;
    this.say(`\nA better roof: ${number(again.gigaflops)} GFLOP/s (${again.of}).`);
  }

  async #probeEpoch(environment: Environment): Promise<void> {
    const { backend, roof } = environment;
    const { tiles } = roof.engine;
    const [backbone = 'starter'] = this.options.backbones;
    const { times } = await this.host.ask(
      { kind: 'probe-epoch', backend, tiles, backbone, images: PROBE_IMAGES },
      MOST_MINUTES,
    );
    environment.probeEpoch = median(times);
    this.say(
      `\nlinear probe on cached features, ${backbone}: ${number(environment.probeEpoch)} ms for an epoch of 1,000 images in batches of 32`,
    );
  }

  async #passes(environment: Environment): Promise<void> {
    const { backend, roof } = environment;
    const { tiles } = roof.engine;
    const size = this.options.sizes?.[0] ?? PASSES.size;
    const batch = this.options.batch ?? PASSES.batch;
    const found = await this.host.ask({ kind: 'passes', backend, tiles, size, batch }, MOST_MINUTES);
    environment.passes = found;
    this.say(`\nPasses on the large layers of ResNet-50, ${size} px, batch ${batch}`);
    this.say(
      `Share of the roof: beside a ${found.product.name} just before each sample, the median of the samples`,
    );
    this.say(passHeader());
    for (const pass of found.passes) this.say(passLine(pass, found));
  }

  /** One step of each rival, for its peak memory; on WebGPU the step is not computed. */
  async #memory(environment: Environment): Promise<void> {
    const { options } = this;
    const compute = environment.backend === 'wasm';
    const timing = { checkedSteps: 1, compute, seconds: 0, steps: 0, leastSteps: 0 };
    const of: Case = {
      backbone: 'resnet50',
      size: options.sizes?.[0] ?? 224,
      batch: options.batch ?? 16,
      classes: options.classes,
      setting: 'atoms',
    };
    this.say(
      `\n${caseLine(of)}, one step${compute ? '' : ', its memory alone: nothing is computed'}\n${header()}`,
    );
    const rivals = options.rivals.filter((rival) => compute || rival !== 'PyTorch');
    await this.#rivals(environment, of, rivals, timing);
  }

  async #growth(environment: Environment): Promise<void> {
    const { options } = this;
    const [backbone = 'starter'] = options.backbones;
    const base: Case = { backbone, size: 64, batch: 16, classes: 5, setting: 'atoms' };
    const series: [string, Case[]][] = [
      ['batch', [1, 2, 4, 8, 16, 32, 64].map((batch) => ({ ...base, batch }))],
      ['size', [32, 64, 96, 128, 160, 192, 224].map((size) => ({ ...base, size }))],
      ['classes', [2, 10, 100, 1000].map((classes) => ({ ...base, classes }))],
    ];
    for (const [name, cases] of series) {
      this.say(`\nHow cost grows with ${name}: ${caseLine(base)} but for that`);
      this.say(`${name.padStart(8)}  ${header()}`);
      for (const of of cases) {
        const given = String(name === 'batch' ? of.batch : name === 'size' ? of.size : of.classes);
        await this.#rivals(environment, of, ['ours'], this.#timing(), `${given.padStart(8)}  `);
      }
    }
  }

  #timing(): Timing {
    const { seconds, steps, leastSteps } = this.options;
    return { checkedSteps: CHECKED_STEPS, compute: true, seconds, steps, leastSteps };
  }

  #batch({ gigaflops: best, engine: { info } }: Roof, backbone: BackboneName, size: number): number {
    if (info.hardware && size >= 224) return 32;
    const seconds = (batch: number) =>
      stepFlop({ backbone, size, batch, classes: 5, setting: 'atoms' }) / (0.05e9 * best);
    return BATCHES.find((batch) => seconds(batch) <= LONGEST_STEP) ?? 1;
  }

  async #rivals(
    environment: Environment,
    of: Case,
    rivals: RivalName[],
    timing: Timing,
    indent = '',
  ): Promise<void> {
    let reference: Reference | null = null;
    for (const rival of ORDER.filter((name) => rivals.includes(name))) {
      const request: StepRequest = {
        kind: 'step',
        rival,
        backend: environment.backend,
        tiles: environment.roof.engine.tiles,
        of,
        reference,
        checkedBatch: environment.roof.engine.info.hardware ? of.batch : Math.min(of.batch, SOFTWARE_CHECK),
        ...timing,
      };
      const outcome = await this.#outcome(request, environment);
      if (outcome.kind === 'timed' && timing.compute)
        reference ??= { rival, losses: outcome.losses, firstLoss: outcome.firstLoss };
      const row = { of, rival, outcome };
      environment.rows.push(row);
      this.say(indent + rowLine(row, environment));
    }
  }

  async #outcome(request: StepRequest, environment: Environment): Promise<StepOutcome> {
    const { rival, of } = request;
    const expected = rival === 'PyTorch' ? 0 : this.#expectedMinutes(request, environment);
    if (expected > this.options.limit) {
      const how = `--setting ${of.setting} --backbone ${of.backbone} --size ${of.size}`;
      return {
        kind: 'skipped',
        reason: `would take about ${expected.toFixed(expected < 10 ? 1 : 0)} minutes; ask with ${how}`,
      };
    }
    try {
      if (rival === 'PyTorch') return await this.#pytorch(request, environment.roof);
      return await this.host.ask(request, Math.max(MOST_MINUTES, 5 * expected));
    } catch (error) {
      return { kind: 'failed', reason: messageOf(error) };
    }
  }

  async #pytorch(request: StepRequest, { engine: { info } }: Roof): Promise<StepOutcome> {
    const known = this.#pytorchRows.find(({ of }) => sameCase(of, request.of));
    if (known) return known.outcome;
    const device = info.hardware && this.pytorch.hasCuda ? 'cuda' : 'cpu';
    // As many threads as wasm uses; without wasm, as many as there are cores.
    const threads = info.threads || availableParallelism();
    const outcome = await this.pytorch.measure(request, device, threads);
    this.#pytorchRows.push({ of: request.of, rival: 'PyTorch', outcome });
    return outcome;
  }

  /** From the rival's rates on this backend so far, preferably with the same setting. */
  #expectedMinutes(
    { rival, of, checkedSteps, checkedBatch, compute }: StepRequest,
    { rows, roof }: Environment,
  ): number {
    if (!compute || of.setting === 'probe-cached') return 0;
    const timed = rows.filter(
      (row) => row.rival === rival && stepMs(row) !== null && hasNetwork(row.of.setting),
    );
    const alike = timed.filter((row) => row.of.setting === of.setting);
    const rates = (alike.length > 0 ? alike : timed).map((row) => gigaflops(row) ?? Number.NaN);
    const rate = rates.length > 0 ? Math.min(...rates) : FIRST_GUESS[rival] * roof.gigaflops;
    // The checked steps, and a first and a timed step.
    const steps = (checkedSteps * checkedBatch) / of.batch + 2;
    return (steps * stepFlop(of)) / rate / 1e9 / 60;
  }
}

type Timing = Pick<StepRequest, 'checkedSteps' | 'compute' | 'seconds' | 'steps' | 'leastSteps'>;

function hasNetwork(setting: Setting): boolean {
  return setting !== 'probe-cached';
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? message;
}
