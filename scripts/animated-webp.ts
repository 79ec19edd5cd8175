/**
 * Joins WebP images into one animated WebP. Browsers encode single WebP images but no animations. Container format:
 * https://developers.google.com/speed/webp/docs/riff_container
 */

export interface Frame {
  /** A lossy WebP image without transparency, as `canvas.toBlob` encodes it. */
  image: Uint8Array;
  milliseconds: number;
}

/** The animation, repeated endlessly. All frames must have the same size. Throws if a frame is not a lossy WebP image. */
export function animatedWebp(frames: readonly Frame[]): Uint8Array<ArrayBuffer> {
  const pictures = frames.map(({ image }) => chunkOf(image, 'VP8 '));
  const [first] = pictures;
  if (!first) throw new Error('An animation needs at least one frame.');
  const { width, height } = sizeOf(first);
  const ANIMATED = 0x02;
  const header = chunk('VP8X', [ANIMATED, 0, 0, 0, ...uint24(width - 1), ...uint24(height - 1)]);
  // Background colour and number of repetitions; 0 means endless.
  const animation = chunk('ANIM', [0, 0, 0, 0, 0, 0]);
  const body = frames.map(({ milliseconds }, index) => {
    const picture = pictures[index] ?? first;
    const size = sizeOf(picture);
    if (size.width !== width || size.height !== height) throw new Error('Frames differ in size.');
    const place = [0, 0, 0, 0, 0, 0, ...uint24(width - 1), ...uint24(height - 1)];
    return chunk('ANMF', [...place, ...uint24(milliseconds), 0], chunk('VP8 ', picture));
  });
  const content = joined([ascii('WEBP'), header, animation, ...body]);
  return chunk('RIFF', content);
}

/** The content of the chunk `name` in a WebP file. */
function chunkOf(file: Uint8Array, name: string): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const fourLetters = (at: number) => String.fromCharCode(...file.subarray(at, at + 4));
  for (let at = 12; at + 8 <= file.length; ) {
    const length = view.getUint32(at + 4, true);
    if (fourLetters(at) === name) return file.subarray(at + 8, at + 8 + length);
    at += 8 + length + (length % 2);
  }
  throw new Error(`The image has no chunk “${name}”.`);
}

/** From the header of a VP8 key frame (RFC 6386, section 9.1). */
function sizeOf(picture: Uint8Array): { width: number; height: number } {
  const view = new DataView(picture.buffer, picture.byteOffset, picture.byteLength);
  return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
}

function chunk(name: string, ...parts: ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const content = joined(parts);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, content.length, true);
  return joined([ascii(name), length, content, new Uint8Array(content.length % 2)]);
}

function joined(parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const ascii = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));
const uint24 = (value: number) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff];
