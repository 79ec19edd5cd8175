/** A drawn chart as a file: the SVG with its computed looks written into it, and the same as PNG. */

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

/** A self-contained SVG text of a chart on the page, on its background. */
export function svgText(chart: SVGSVGElement): string {
  const { width, height } = chart.getBoundingClientRect();
  // cloneNode gives back a Node; of an <svg> it is an <svg>.
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
  copy.removeAttribute('style');
  copy.removeAttribute('class');
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  copy.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  paper.setAttribute('width', '100%');
  paper.setAttribute('height', '100%');
  paper.setAttribute('fill', getComputedStyle(chart).getPropertyValue('--chart-paper').trim() || '#ffffff');
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}

export const svgFile = (chart: SVGSVGElement) => new Blob([svgText(chart)], { type: 'image/svg+xml' });

/** The same picture in pixels, `scale` per page pixel. */
export async function pngFile(chart: SVGSVGElement, scale = 2): Promise<Blob> {
  const url = URL.createObjectURL(svgFile(chart));
  try {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise<Blob>((resolve, reject) =>
      canvas.toBlob((blob) =>
        blob ? resolve(blob) : reject(new Error('The picture could not be encoded.')),
      ),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}
