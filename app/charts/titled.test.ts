import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAINT, INK } from './axis';
import { titled } from './titled';

const NAMESPACE = 'http://www.w3.org/2000/svg';
const HEADING = { title: 'Title', data: 'flowers, 40 images', note: 'Note' };

let place: HTMLElement;
let chart: SVGSVGElement;

beforeEach(() => {
  place = document.createElement('div');
  chart = document.createElementNS(NAMESPACE, 'svg');
  chart.setAttribute('style', 'width: 680px; height: 400px; display: block');
  chart.setAttribute('class', 'recharts-surface');
  chart.setAttribute('role', 'application');
  chart.setAttribute('tabindex', '0');
  chart.setAttribute('viewBox', '0 0 680 400');
  const circle = document.createElementNS(NAMESPACE, 'circle');
  circle.setAttribute('r', '3');
  chart.append(circle);
  document.body.append(chart, place);
});
afterEach(() => {
  chart.remove();
  place.remove();
});

describe('a chart for a file', () => {
  it('has room for its heading above it and an edge around it', () => {
    const whole = titled([chart], HEADING, place);
    // 16 at the left and right; 81 above for the lines, 8 below.
    expect([whole.getAttribute('width'), whole.getAttribute('height')]).toEqual(['712', '489']);
    const { width, height } = whole.getBoundingClientRect();
    expect([width, height]).toEqual([712, 489]);
    const [copy] = whole.querySelectorAll('svg');
    expect([copy?.getAttribute('x'), copy?.getAttribute('y')]).toEqual(['16', '81']);
  });

  it('breaks a long note into lines that fit, and moves the chart down', () => {
    const note = 'Bars are intervals, and the line is the highest accuracy for its cost. '.repeat(4).trim();
    const whole = titled([chart], { ...HEADING, note }, place);
    const [, , ...lines] = whole.querySelectorAll<SVGTextElement>(':scope > text');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.map((line) => line.textContent).join(' ')).toBe(note);
    for (const line of lines) expect(line.getComputedTextLength()).toBeLessThanOrEqual(680);
    const bottom = Math.max(...lines.map((line) => line.getBoundingClientRect().bottom));
    expect(whole.querySelector('svg')?.getBoundingClientRect().top).toBeGreaterThan(bottom);
  });

  it('keeps the positions of several charts', () => {
    const second = chart.cloneNode(true) as SVGSVGElement; // the clone of an <svg> is an <svg>
    chart.after(second);
    const whole = titled([chart, second], { title: 'Title', data: '', note: '' }, place);
    const tops = [...whole.querySelectorAll('svg')].map((copy) => Number(copy.getAttribute('y')));
    expect((tops[1] ?? 0) - (tops[0] ?? 0)).toBe(400);
    expect(whole.getBoundingClientRect().height).toBe(800 + 45 + 8);
    second.remove();
  });

  it('has the title above the data set, and both above the note', () => {
    const whole = titled([chart], HEADING, place);
    const lines = [...whole.querySelectorAll(':scope > text')];
    expect(lines.map((line) => line.textContent)).toEqual(['Title', 'flowers, 40 images', 'Note']);
    const bottoms = lines.map((line) => Number(line.getAttribute('y')));
    expect(bottoms).toEqual(bottoms.toSorted((a, b) => a - b));
    expect(bottoms.at(-1)).toBeLessThan(81);
    expect(lines.map((line) => line.getAttribute('style'))).toEqual([
      expect.stringContaining(`fill: ${INK}`),
      expect.stringContaining(`fill: ${INK}`),
      expect.stringContaining(`fill: ${FAINT}`),
    ]);
  });

  it('shows names as plain text, without markup', () => {
    const whole = titled([chart], { title: '<script>alert(1)</script>', data: 'a & b', note: '' }, place);
    expect(whole.querySelector('script')).toBeNull();
    expect([...whole.querySelectorAll('text')].map((line) => line.textContent)).toEqual([
      '<script>alert(1)</script>',
      'a & b',
    ]);
  });

  it('is a copy without interactive elements; the chart is not changed', () => {
    const before = chart.outerHTML;
    const [copy] = titled([chart], HEADING, place).querySelectorAll('svg');
    expect(copy?.getAttributeNames().toSorted()).toEqual(['height', 'viewBox', 'width', 'x', 'y']);
    expect(copy?.innerHTML).toBe('<circle r="3"></circle>');
    expect(chart.outerHTML).toBe(before);
  });

  it('is inserted in the given element', () => {
    const whole = titled([chart], HEADING, place);
    expect([...place.children]).toEqual([whole]);
  });
});
