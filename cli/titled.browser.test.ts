import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAINT, INK } from '../app/charts/axis';
import { titled } from './titled';

const NAMESPACE = 'http://www.w3.org/2000/svg';

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
  chart.innerHTML = '<circle r="3"/>';
  document.body.append(chart, place);
});
afterEach(() => {
  chart.remove();
  place.remove();
});

describe('a chart for a file', () => {
  it('has room for two lines of text above it and an edge around it', () => {
    const whole = titled(chart, 'Title', 'Data', place);
    // 16 at the left and right; 56 above for the lines, 8 below.
    expect([whole.getAttribute('width'), whole.getAttribute('height')]).toEqual(['712', '464']);
    const { width, height } = whole.getBoundingClientRect();
    expect([width, height]).toEqual([712, 464]);
    const [copy] = whole.querySelectorAll('svg');
    expect([copy?.getAttribute('x'), copy?.getAttribute('y')]).toEqual(['16', '56']);
  });

  it('has the title above the data', () => {
    const whole = titled(chart, 'Title', 'Data', place);
    const lines = [...whole.querySelectorAll(':scope > text')];
    expect(lines.map((line) => line.textContent)).toEqual(['Title', 'Data']);
    const bottoms = lines.map((line) => Number(line.getAttribute('y')));
    expect(bottoms[0]).toBeLessThan(bottoms[1] ?? 0);
    expect(bottoms[1]).toBeLessThan(56);
    expect(lines.map((line) => line.getAttribute('style'))).toEqual([
      expect.stringContaining(`fill: ${INK}`),
      expect.stringContaining(`fill: ${FAINT}`),
    ]);
  });

  it('shows names as plain text, without markup', () => {
    const whole = titled(chart, '<script>alert(1)</script>', 'a & b', place);
    expect(whole.querySelector('script')).toBeNull();
    expect([...whole.querySelectorAll('text')].map((line) => line.textContent)).toEqual([
      '<script>alert(1)</script>',
      'a & b',
    ]);
  });

  it('is a copy without interactive elements; the chart is not changed', () => {
    const before = chart.outerHTML;
    const [copy] = titled(chart, 'Title', 'Data', place).querySelectorAll('svg');
    expect(copy?.getAttributeNames().toSorted()).toEqual(['viewBox', 'x', 'y']);
    expect(copy?.innerHTML).toBe('<circle r="3"></circle>');
    expect(chart.outerHTML).toBe(before);
  });

  it('is inserted in the given element', () => {
    const whole = titled(chart, 'Title', 'Data', place);
    expect([...place.children]).toEqual([whole]);
  });
});
