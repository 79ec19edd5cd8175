/**
 * How runs are distinguished: by a colour (suitable for colour-blind readers, after Okabe and Ito, darkened for a white
 * background), a dash and a marker, never by colour alone. The CSS variables allow other colours in dark mode; without a
 * stylesheet the fallbacks apply.
 */
export type MarkerShape = 'circle' | 'square' | 'triangle' | 'diamond' | 'cross' | 'star';

export interface RunStyle {
  colour: string;
  dash: string;
  marker: MarkerShape;
}

const STYLES: readonly RunStyle[] = [
  { colour: 'var(--run-0, #5b6770)', dash: '2 3', marker: 'square' },
  { colour: 'var(--run-1, #0072b2)', dash: '', marker: 'circle' },
  { colour: 'var(--run-2, #b8500a)', dash: '7 4', marker: 'triangle' },
  { colour: 'var(--run-3, #00805f)', dash: '10 3 2 3', marker: 'diamond' },
  { colour: 'var(--run-4, #a8478b)', dash: '4 2', marker: 'cross' },
  { colour: 'var(--run-5, #8a6a00)', dash: '12 3', marker: 'star' },
];

/** On each round through the colours, dashes and markers are shifted, so that many runs have distinct styles. */
export function runStyle(index: number): RunStyle {
  const at = (position: number) => STYLES[position % STYLES.length] ?? FIRST;
  const round = Math.floor(index / STYLES.length);
  return { colour: at(index).colour, dash: at(index + round).dash, marker: at(index + 2 * round).marker };
}

const FIRST: RunStyle = { colour: 'currentColor', dash: '', marker: 'circle' };

/** SVG path of a marker about `size` pixels across, centred on the origin. */
export function markerPath(shape: MarkerShape, size: number): string {
  const r = size / 2;
  switch (shape) {
    case 'circle':
      return `M${-r},0a${r},${r} 0 1,0 ${size},0a${r},${r} 0 1,0 ${-size},0Z`;
    case 'square':
      return `M${-r},${-r}h${size}v${size}h${-size}Z`;
    case 'triangle':
      return `M0,${-r * 1.15}L${r * 1.1},${r * 0.85}H${-r * 1.1}Z`;
    case 'diamond':
      return `M0,${-r * 1.25}L${r * 1.25},0L0,${r * 1.25}L${-r * 1.25},0Z`;
    case 'cross': {
      const t = r / 2.4;
      return `M${-t},${-r}h${2 * t}v${r - t}h${r - t}v${2 * t}h${t - r}v${r - t}h${-2 * t}v${t - r}h${t - r}v${-2 * t}h${r - t}Z`;
    }
    case 'star': {
      const points = Array.from({ length: 10 }, (_, index) => {
        const radius = index % 2 === 0 ? r * 1.3 : r * 0.55;
        const angle = (Math.PI * index) / 5 - Math.PI / 2;
        return `${(radius * Math.cos(angle)).toFixed(2)},${(radius * Math.sin(angle)).toFixed(2)}`;
      });
      return `M${points.join('L')}Z`;
    }
  }
}
