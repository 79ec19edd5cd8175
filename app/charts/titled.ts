/** Charts from the page under the heading that the page shows around them, for use as a separate file. */
import { arrangementOf } from './arrangement';
import { FAINT, INK } from './axis';

const NAMESPACE = 'http://www.w3.org/2000/svg';
/** Space around the picture, and between heading and charts. */
const EDGE = 16;

const TITLE = { step: 21, style: 'font-size: 16px; font-weight: 650', fill: INK };
const DATA = { step: 19, style: 'font-size: 13px', fill: INK };
const NOTE = { step: 17, style: 'font-size: 12px', fill: FAINT };

export interface Heading {
  title: string;
  /** The images that the chart is about, and the backbone. */
  data: string;
  note: string;
}

/** The accessible name of a chart with this heading. */
export const nameOf = ({ title, data }: Heading) => (data === '' ? title : `${title} — ${data}`);

/**
 * Adds to `place` an SVG with copies of the charts, in their positions on the page, under their heading; empty lines are left out. The
 * colours are those of `place`.
 */
export function titled(
  charts: readonly SVGSVGElement[],
  { title, data, note }: Heading,
  place: Element,
): SVGSVGElement {
  const { width, height, places } = arrangementOf(charts);
  const whole = document.createElementNS(NAMESPACE, 'svg');
  whole.style.display = 'block';
  place.append(whole);
  let y = EDGE / 2;
  for (const [text, look] of [[title, TITLE] as const, [data, DATA] as const, [note, NOTE] as const]) {
    const line = () => whole.appendChild(textElement(look));
    for (const words of wrapped(text, width, line)) {
      y += look.step;
      words.setAttribute('y', String(y));
    }
  }
  const heading = y + EDGE;
  for (const { chart, x, y: down, ...size } of places) {
    // cloneNode gives back a Node; of an <svg> it is an <svg>.
    const copy = chart.cloneNode(true) as SVGSVGElement;
    for (const each of ['style', 'class', 'role', 'tabindex', 'aria-hidden']) copy.removeAttribute(each);
    copy.setAttribute('x', String(EDGE + x));
    copy.setAttribute('y', String(heading + down));
    copy.setAttribute('width', String(size.width));
    copy.setAttribute('height', String(size.height));
    whole.append(copy);
  }
  whole.setAttribute('width', String(width + 2 * EDGE));
  whole.setAttribute('height', String(heading + height + EDGE / 2));
  return whole;
}

function textElement({ style, fill }: typeof TITLE): SVGTextElement {
  const element = document.createElementNS(NAMESPACE, 'text');
  element.setAttribute('x', String(EDGE));
  // The page's policy forbids style attributes from text; this is none.
  element.style.cssText = `${style}; fill: ${fill}`;
  return element;
}

/** The text in lines of at most `width` pixels, broken at spaces; a longer word has a line of its own. */
function wrapped(text: string, width: number, newLine: () => SVGTextElement): SVGTextElement[] {
  const lines: SVGTextElement[] = [];
  for (const word of text.split(' ').filter(Boolean)) {
    const line = lines.at(-1);
    const before = line?.textContent ?? '';
    if (line) line.textContent = `${before} ${word}`;
    if (line && line.getComputedTextLength() <= width) continue;
    if (line) line.textContent = before;
    const next = newLine();
    next.textContent = word;
    lines.push(next);
  }
  return lines;
}
