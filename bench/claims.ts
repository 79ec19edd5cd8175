/** The project's performance claims, checked against the measurements; a claim without its rows is not listed. */
import { type Case, type RivalName, SETTING_LABELS, type Setting } from './case';
import { type Environment, median, msOf, type Row, shareOfRoof } from './results';
import { number, percent } from './table';

export interface Claim {
  text: string;
  /** The measured value, as text. */
  measured: string;
  holds: boolean;
}

export function claims(environments: Environment[]): Claim[] {
  return environments.flatMap((environment) => [
    ...overRivals(environment),
    ...overSettings(environment),
    ...starterPace(environment),
    ...probeEpoch(environment),
    ...passes(environment),
  ]);
}

/** The cases of ΔD in these rows. */
function atomCases({ rows }: Environment, wanted: (of: Case) => boolean): Case[] {
  return rows.flatMap(({ of, rival }) =>
    rival === 'ours' && of.setting === 'atoms' && wanted(of) ? [of] : [],
  );
}

function name({ backend, roof }: Environment): string {
  return backend === 'wasm' ? 'wasm' : `webgpu, ${roof.engine.info.adapter}`;
}

function overRivals(environment: Environment): Claim[] {
  const { rows, backend, roof } = environment;
  const { hardware } = roof.engine.info;
  const bounds: [RivalName, number][] =
    backend === 'wasm' ? [['PyTorch', 0.5]] : [['stock tfjs', hardware ? 20 : 5]];
  if (hardware) bounds.push(['PyTorch', 0.5]);
  const size = hardware ? 224 : 64;
  return atomCases(environment, (of) => of.backbone === 'resnet50' && of.size === size).flatMap((of) =>
    bounds.flatMap(([rival, bound]) => {
      const [own, other] = [msOf(rows, 'ours', of), msOf(rows, rival, of)];
      if (own === null || other === null) return [];
      return {
        text: `${name(environment)}: ΔD, ResNet-50 at ${size} px, at least ${bound} × ${rival}`,
        measured: `${number(other / own)} ×`,
        holds: other / own >= bound,
      };
    }),
  );
}

function overSettings(environment: Environment): Claim[] {
  const bounds: [Setting, number, Setting][] = [
    ['atoms', 1.1, 'lora'],
    ['atoms', 0.8, 'full'],
    ['core', 1.3, 'atoms'],
  ];
  return atomCases(environment, () => true).flatMap((of) =>
    bounds.flatMap(([first, bound, second]) => {
      const [one, other] = [first, second].map((setting) =>
        msOf(environment.rows, 'ours', { ...of, setting }),
      );
      if (one == null || other == null) return [];
      return {
        text: `${name(environment)}: ${SETTING_LABELS[first]} costs at most ${bound} × ${SETTING_LABELS[second]}, ${of.backbone} at ${of.size} px`,
        measured: `${number(one / other)} ×`,
        holds: one / other <= bound,
      };
    }),
  );
}

function starterPace(environment: Environment): Claim[] {
  if (environment.backend !== 'wasm') return [];
  return atomCases(environment, (of) => of.backbone === 'starter' && of.size === 64).flatMap((of) => {
    const own = msOf(environment.rows, 'ours', of);
    if (own === null) return [];
    const pace = (1000 * of.batch) / own;
    return {
      text: 'wasm: ΔD on the starter, at least 60 images/s',
      measured: number(pace),
      holds: pace >= 60,
    };
  });
}

function probeEpoch({ backend, probeEpoch: milliseconds }: Environment): Claim[] {
  if (backend !== 'wasm' || milliseconds === null) return [];
  return [
    {
      text: 'wasm: a cached linear-probe epoch of 1,000 images under 0.5 s',
      measured: `${number(milliseconds / 1000)} s`,
      holds: milliseconds < 500,
    },
  ];
}

function passes(environment: Environment): Claim[] {
  const measured = environment.passes;
  if (environment.backend !== 'webgpu' || !measured) return [];
  return (['forward', 'input gradient', 'kernel gradient'] as const).map((wanted) => {
    const shares = measured.passes
      .filter(({ pass }) => pass === wanted)
      .map((pass) => shareOfRoof(pass, measured));
    const least = Math.min(...shares);
    return {
      text: `${name(environment)}: ${wanted} at 60 % of the roof or more on every large layer`,
      measured: `${percent(least)} to ${percent(Math.max(...shares))}, median ${percent(median(shares))}`,
      holds: least >= 0.6,
    };
  });
}

/** Peak memory of ΔD compared with stock tfjs. */
export function memoryClaim(rows: Row[], where: string): Claim[] {
  const bytes = (rival: RivalName) => {
    const outcome = rows.find((row) => row.rival === rival)?.outcome;
    return outcome?.kind === 'timed' ? outcome.peakBytes : null;
  };
  const [own, stock] = [bytes('ours'), bytes('stock tfjs')];
  if (own === null || stock === null) return [];
  return [
    {
      text: `${where}: peak memory of ΔD at most half of stock tfjs’`,
      measured: percent(own / stock),
      holds: own <= stock / 2,
    },
  ];
}
