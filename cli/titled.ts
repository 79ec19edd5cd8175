/** A chart from the page with the heading that the page shows around it, for use as a separate file. */
import { FAINT, INK } from '../app/charts/axis';

const NAMESPACE = 'http://www.w3.org/2000/svg';
const HEADING = 56;
const EDGE = 16;

/** Adds to `place` an SVG of `chart` (a copy) under two lines of text. */
export function titled(chart: SVGSVGElement, title: string, subtitle: string, place: Element): SVGSVGElement {
  const { width, height } = chart.getBoundingClientRect();
  const whole = document.createElementNS(NAMESPACE, 'svg');
  whole.setAttribute('width', String(width + 2 * EDGE));
  whole.setAttribute('height', String(height + HEADING + EDGE / 2));
  whole.style.display = 'block';
  // cloneNode gives back a Node; of an <svg> it is an <svg>.
  const copy = chart.cloneNode(true) as SVGSVGElement;
  for (const each of ['style', 'class', 'role', 'tabindex']) copy.removeAttribute(each);
  copy.setAttribute('x', String(EDGE));
  copy.setAttribute('y', String(HEADING));
  whole.append(
    line(title, 24, 'font-size: 16px; font-weight: 650', INK),
    line(subtitle, 43, 'font-size: 12px', FAINT),
    copy,
  );
  place.append(whole);
  return whole;
}

function line(text: string, y: number, style: string, fill: string): SVGTextElement {
  const element = document.createElementNS(NAMESPACE, 'text');
  element.setAttribute('x', String(EDGE));
  element.setAttribute('y', String(y));
  element.setAttribute('style', `${style}; fill: ${fill}`);
  element.textContent = text;
  return element;
}
