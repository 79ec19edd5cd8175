/**
 * Reduces an image to few colours by median cut: a noisy image then takes a third of its bytes as a PNG, with hardly visible
 * differences.
 */

export interface IndexedImage {
  /** `[colours, 3]`, 0–255. */
  palette: number[][];
  /** The palette index of each pixel. */
  indices: Uint8Array;
}

/** @param rgb `[n, 3]` */
export function reduceColours(rgb: Uint8ClampedArray, colours: number): IndexedImage {
  const histogram = countColours(rgb);
  const boxes = [
    boxOf(
      [...histogram.keys()].sort((a, b) => a - b),
      histogram,
    ),
  ];
  while (boxes.length < colours && splitWidest(boxes, histogram));
  const place = new Map(boxes.flatMap((box, i) => box.colours.map((colour) => [colour, i])));
  const indices = Uint8Array.from({ length: rgb.length / 3 }, (_, i) => place.get(colourAt(rgb, i)) ?? 0);
  return { palette: boxes.map((box) => meanColour(box.colours, histogram)), indices };
}

/** @returns `[n, 3]` */
export function toRgb({ palette, indices }: IndexedImage): Uint8Array {
  const rgb = new Uint8Array(indices.length * 3);
  indices.forEach((index, i) => {
    rgb.set(palette[index] ?? [], 3 * i);
  });
  return rgb;
}

type Channel = 0 | 1 | 2;

function colourAt(rgb: Uint8ClampedArray, i: number): number {
  return ((rgb[3 * i] ?? 0) << 16) | ((rgb[3 * i + 1] ?? 0) << 8) | (rgb[3 * i + 2] ?? 0);
}

function channelOf(colour: number, channel: Channel): number {
  return (colour >> (16 - 8 * channel)) & 255;
}

function countColours(rgb: Uint8ClampedArray): Map<number, number> {
  const histogram = new Map<number, number>();
  for (let i = 0; i < rgb.length / 3; i++) {
    const colour = colourAt(rgb, i);
    histogram.set(colour, (histogram.get(colour) ?? 0) + 1);
  }
  return histogram;
}

/** A subset of the image's colours, and the channel in which it has the largest spread. */
interface Box {
  colours: number[];
  channel: Channel;
  spread: number;
  mean: number;
}

function boxOf(colours: number[], histogram: ReadonlyMap<number, number>): Box {
  const channels = ([0, 1, 2] as const).map((channel) => ({
    channel,
    ...spreadOf(colours, channel, histogram),
  }));
  return { colours, ...channels.reduce((widest, other) => (other.spread > widest.spread ? other : widest)) };
}

/** Splits the box with the largest spread at its mean; false if every box has a single colour. */
function splitWidest(boxes: Box[], histogram: ReadonlyMap<number, number>): boolean {
  const widest = boxes.reduce((best, box) => (box.spread > best.spread ? box : best));
  if (widest.spread <= 0) return false;
  const isLow = (colour: number) => channelOf(colour, widest.channel) <= widest.mean;
  const low = boxOf(widest.colours.filter(isLow), histogram);
  const high = boxOf(
    widest.colours.filter((colour) => !isLow(colour)),
    histogram,
  );
  boxes.splice(boxes.indexOf(widest), 1, low, high);
  return true;
}

/** Squared deviation from the mean, summed over the box's pixels. */
function spreadOf(box: readonly number[], channel: Channel, histogram: ReadonlyMap<number, number>) {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const colour of box) {
    const pixels = histogram.get(colour) ?? 0;
    const value = channelOf(colour, channel);
    count += pixels;
    sum += pixels * value;
    squares += pixels * value * value;
  }
  const mean = sum / count;
  return { spread: box.length > 1 ? squares - sum * mean : 0, mean };
}

function meanColour(box: readonly number[], histogram: ReadonlyMap<number, number>): number[] {
  const pixels = box.reduce((sum, colour) => sum + (histogram.get(colour) ?? 0), 0);
  return ([0, 1, 2] as const).map((channel) => {
    const sum = box.reduce(
      (total, colour) => total + channelOf(colour, channel) * (histogram.get(colour) ?? 0),
      0,
    );
    return Math.round(sum / pixels);
  });
}
