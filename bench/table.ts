/** The lines of the benchmark's table. */
import { type Pass, type Passes, type Roof, SETTING_LABELS, type StepOutcome } from './case';
import { type Environment, gigaflops, median, msOf, type Row, shareOfRoof, stepMs } from './results';

const COLUMNS: [title: string, width: number][] = [
  ['setting', -20],
  ['rival', -11],
  ['ms/step', 9],
  ['(fastest–slowest)', 19],
  ['images/s', 9],
  ['× stock', 8],
  ['GFLOP/s', 8],
  ['of roof', 8],
  ['peak MB', 8],
  ['dispatches', 11],
  ['JS ms', 7],
];

export function environmentLine({
  engine: { info: engine, notices },
  runtime,
  gigaflops: best,
  of,
}: Roof): string {
  const where =
    engine.backend === 'wasm'
      ? `wasm, ${engine.threads} thread${engine.threads === 1 ? '' : 's'}`
      : `webgpu, ${engine.adapter}${engine.hardware ? '' : ' (software)'}`;
  const replaced = notices.map(
    ({ program, reason }) => `\nReference kernel instead of ${program}: ${reason}`,
  );
  return `${where}; ${runtime}. Roof: ${number(best)} GFLOP/s (${of}).${replaced.join('')}`;
}

export function caseLine({ backbone, size, batch, classes }: Row['of']): string {
  const name = backbone === 'starter' ? 'starter (ResNet-50 at quarter width)' : 'ResNet-50, random weights';
  return `${name}, ${size} px, batch ${batch}, ${classes} classes`;
}

export function header(): string {
  return cells(COLUMNS.map(([title]) => title));
}

export function rowLine(row: Row, { rows, roof }: Pick<Environment, 'rows' | 'roof'>): string {
  const { of, rival, outcome } = row;
  const names = [SETTING_LABELS[of.setting], rival];
  const milliseconds = stepMs(row);
  if (outcome.kind !== 'timed') return `${cells(names)}  ${problem(outcome)}`;
  const stock = msOf(rows, 'stock tfjs', of);
  const rate = gigaflops(row);
  const note = outcome.runsOn ? `  ${outcome.runsOn}` : '';
  const time =
    milliseconds === null
      ? ['–', '', '–', '–', '–', '–']
      : [
          number(milliseconds),
          `(${number(Math.min(...outcome.times))}–${number(Math.max(...outcome.times))})`,
          number((1000 * of.batch) / milliseconds),
          stock === null ? '–' : `${number(stock / milliseconds)} ×`,
          rate === null ? '–' : number(rate),
          rate === null || rival === 'PyTorch' ? '–' : percent(rate / roof.gigaflops),
        ];
  const rest = [
    outcome.peakBytes === null ? '–' : number(outcome.peakBytes / 1e6),
    outcome.dispatches === null ? '–' : String(outcome.dispatches),
    outcome.javascript === null ? '–' : number(median(outcome.javascript)),
  ];
  return cells([...names, ...time, ...rest]) + note;
}

function problem(outcome: Exclude<StepOutcome, { kind: 'timed' }>): string {
  switch (outcome.kind) {
    case 'cannot':
      return `cannot: ${outcome.reason}`;
    case 'skipped':
      return `skipped: ${outcome.reason}`;
    case 'disagrees':
      return `ERROR, not timed: ${outcome.reason}`;
    case 'failed':
      return `FAILED: ${outcome.reason}`;
  }
}

export function passHeader(): string {
  return `${'layer'.padEnd(44)}${'pass'.padEnd(18)}${'ms'.padStart(9)}${'(fastest–slowest)'.padStart(19)}${'GFLOP/s'.padStart(9)}${'of roof'.padStart(9)}`;
}

export function passLine(of: Pass, passes: Passes): string {
  const { layer, pass, gigaflop, times } = of;
  const milliseconds = median(times);
  const rate = (1000 * gigaflop) / milliseconds;
  const spread = `(${number(Math.min(...times))}–${number(Math.max(...times))})`;
  return `${layer.padEnd(44)}${pass.padEnd(18)}${number(milliseconds).padStart(9)}${spread.padStart(19)}${number(rate).padStart(9)}${percent(shareOfRoof(of, passes)).padStart(9)}`;
}

/** Three significant digits; more only before the decimal point. */
export function number(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function cells(texts: string[]): string {
  return texts
    .map((text, index) => {
      const width = COLUMNS[index]?.[1] ?? 0;
      return width < 0 ? text.padEnd(-width) : text.padStart(width);
    })
    .join(' ');
}
