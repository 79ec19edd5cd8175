/** An SVG of accuracy against trainable parameters, readable on a light and on a dark page. */

import { frontOf, type Point } from '../../app/charts/against';
import { decadeTicks } from '../../app/charts/axis';

const [WIDTH, HEIGHT] = [720, 380];
const BOX = { left: 56, right: WIDTH - 24, top: 40, bottom: HEIGHT - 44 };
const STYLE = `text { font: 12px system-ui, sans-serif; fill: #333 } .rule { stroke: #ccc } .bar { stroke: #888 } .front { stroke: #0b7285; fill: none; stroke-width: 1.5 } circle { fill: #0b7285 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .rule { stroke: #444 } .front { stroke: #66d9e8 } circle { fill: #66d9e8 } }`;

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** @param points with x > 0 */
export function picture(title: string, points: readonly Point[]): string {
  const xs = points.map(({ x }) => x);
  const decades = decadeTicks(Math.min(...xs), Math.max(...xs));
  const [first = 1, last = 10] = [decades[0], decades.at(-1)];
  const lows = points.flatMap(({ interval, accuracy }) => interval?.low ?? accuracy);
  const highs = points.flatMap(({ interval, accuracy }) => interval?.high ?? accuracy);
  const low = Math.floor(20 * Math.min(...lows)) / 20;
  const high = Math.ceil(20 * Math.max(...highs)) / 20;
  const x = (value: number) =>
    BOX.left + ((BOX.right - BOX.left) * Math.log(value / first)) / Math.log(last / first);
  const y = (value: number) => BOX.bottom - ((BOX.bottom - BOX.top) * (value - low)) / (high - low);
  const at = (value: number) => value.toFixed(1);
  const line = (kind: string, x1: number, y1: number, x2: number, y2: number) =>
    `<line class="${kind}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`;
  const text = (left: number, top: number, words: string, anchor = 'start') =>
    `<text x="${at(left)}" y="${at(top)}" text-anchor="${anchor}">${escaped(words)}</text>`;
  const levels = Array.from({ length: Math.round((high - low) * 20) + 1 }, (_, index) => low + index / 20);
  const front = frontOf(points).map((point) => `${at(x(point.x))},${at(y(point.accuracy))}`);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escaped(title)}: test accuracy against trainable parameters</title>`,
    `<style>${STYLE}</style>`,
    text(BOX.left, 20, `${title}: test accuracy, mean over seeds with 95 % interval; line: Pareto front`),
    ...levels.flatMap((value) => [
      line('rule', BOX.left, y(value), BOX.right, y(value)),
      text(BOX.left - 8, y(value) + 4, `${Math.round(100 * value)} %`, 'end'),
    ]),
    ...decades.map((value) => text(x(value), BOX.bottom + 18, value.toLocaleString('en'), 'middle')),
    text((BOX.left + BOX.right) / 2, HEIGHT - 8, 'trainable parameters with the head (log scale)', 'middle'),
    `<polyline class="front" points="${front.join(' ')}"/>`,
    ...points.flatMap(({ x: cost, accuracy, interval, label }) => [
      ...(interval ? [line('bar', x(cost), y(interval.low), x(cost), y(interval.high))] : []),
      `<circle cx="${at(x(cost))}" cy="${at(y(accuracy))}" r="4"/>`,
      text(x(cost) + 7, y(accuracy) - 6, label),
    ]),
    '</svg>',
  ].join('\n')}\n`;
}
