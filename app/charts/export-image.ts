/** Exports charts as one file: SVG with inline computed styles, or PNG. Several charts keep their positions on the page. */

import { arrangementOf } from './arrangement';

const LOOKS = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linejoin',
  'paint-order',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
] as const;

const NAMESPACE = 'http://www.w3.org/2000/svg';

/** A self-contained SVG of charts on the page, with their background. `title` is the accessible name. */
export function svgText(charts: readonly SVGSVGElement[], title: string): string {
  const { width, height, places } = arrangementOf(charts);
  const whole = document.createElementNS(NAMESPACE, 'svg');
  const name = document.createElementNS(NAMESPACE, 'title');
  name.textContent = title;
  const paper = document.createElementNS(NAMESPACE, 'rect');
  sized(paper, width, height);
  paper.setAttribute('fill', paperOf(charts[0]));
  whole.setAttribute('role', 'img');
  whole.append(name, paper);
  for (const { chart, x, y, ...size } of places) {
    const copy = plainCopy(chart);
    copy.setAttribute('x', String(x));
    copy.setAttribute('y', String(y));
    sized(copy, size.width, size.height);
    whole.append(copy);
  }
  sized(whole, width, height);
  whole.setAttribute('viewBox', `0 0 ${width} ${height}`);
  return new XMLSerializer().serializeToString(whole);
}

/** A copy with inline styles, which needs no stylesheet. */
function plainCopy(chart: SVGSVGElement): SVGSVGElement {
  // cloneNode is typed as Node; the clone of an <svg> is an <svg>.
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const originals = chart.querySelectorAll('*');
  copy.querySelectorAll('*').forEach((element, index) => {
    const original = originals[index];
    if (!original) return;
    const computed = getComputedStyle(original);
    element.removeAttribute('style');
    element.removeAttribute('class');
    for (const look of LOOKS) element.setAttribute(look, computed.getPropertyValue(look));
  });
  for (const name of ['style', 'class', 'role', 'tabindex', 'aria-label']) copy.removeAttribute(name);
  return copy;
}

function sized(element: Element, width: number, height: number): void {
  element.setAttribute('width', String(width));
  element.setAttribute('height', String(height));
}

const paperOf = (chart: Element | undefined) =>
  (chart && getComputedStyle(chart).getPropertyValue('--chart-paper').trim()) || '#ffffff';

export const svgFile = (charts: readonly SVGSVGElement[], title: string) =>
  new Blob([svgText(charts, title)], { type: 'image/svg+xml' });

/** Renders an SVG file to a PNG, with `scale` pixels per CSS pixel. */
export async function pngFile(svg: Blob, scale = 2): Promise<Blob> {
  const url = URL.createObjectURL(svg);
  try {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise<Blob>((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The image could not be encoded.')))),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}
