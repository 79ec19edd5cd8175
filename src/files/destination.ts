/** Where dropped files belong, by their first bytes. Names are ignored. */

import type { NamedFile } from '../core/dataset';
import { ARCHIVE_HEAD_BYTES, archiveKind } from '../data/archives';
import { imageFormat } from '../data/formats';
import { isAdapter } from '../export/adapter-file';
import { openSafetensors } from './safetensors';

export type Destination = 'data' | 'backbone' | 'adapter' | 'project';

/** The first file that can be recognised decides; if none can, the import of data says what is wrong. */
export async function destinationOf(files: readonly NamedFile[]): Promise<Destination> {
  for (const { file } of files) {
    const destination = await destinationOfFile(file);
    if (destination) return destination;
  }
  return 'data';
}

async function destinationOfFile(file: Blob): Promise<Destination | null> {
  const head = await bytesOf(file, ARCHIVE_HEAD_BYTES);
  if (imageFormat(head)) return 'data';
  if (isSafetensors(head)) return (await hasAdapter(file)) ? 'adapter' : 'backbone';
  const archive = archiveKind(head);
  if (archive === 'zip' && isTorchZip(head)) return 'backbone';
  if (archive === 'zip' && firstName(head) === 'project.json') return 'project';
  if (archive) return 'data';
  if (isPickle(head) || isHdf5(head) || (await isTfjsModel(file, head))) return 'backbone';
  return null;
}

/** Empty if the file can no longer be read. */
const bytesOf = (file: Blob, count: number) =>
  file
    .slice(0, count)
    .arrayBuffer()
    .then(
      (buffer) => new Uint8Array(buffer),
      () => new Uint8Array(),
    );

/** Eight bytes of the header's length, of which the upper four are zero, then JSON. */
const isSafetensors = (head: Uint8Array) =>
  head[8] === 0x7b && head.subarray(4, 8).every((byte) => byte === 0);

/** False for a damaged file: opened as a backbone, it is explained. */
const hasAdapter = (file: Blob) =>
  openSafetensors(file, '').then(
    ({ metadata }) => isAdapter(metadata),
    () => false,
  );

/** torch.save writes the pickle first. The name of a zip's first entry is at byte 30, its length at byte 26. */
const isTorchZip = (head: Uint8Array) => /(?:^|\/)data\.pkl$/.test(firstName(head));

/** The name of a zip's first entry. */
function firstName(head: Uint8Array): string {
  const length = (head[26] ?? 0) + 256 * (head[27] ?? 0);
  return new TextDecoder('latin1').decode(head.subarray(30, 30 + length));
}

const isPickle = (head: Uint8Array) => head[0] === 0x80;
const isHdf5 = (head: Uint8Array) => [0x89, 0x48, 0x44, 0x46].every((byte, i) => head[i] === byte);

/** A `model.json` has little besides its list of weights. */
const MODEL_BYTES = 20_000_000;

async function isTfjsModel(file: Blob, head: Uint8Array): Promise<boolean> {
  if (head[0] !== 0x7b || file.size > MODEL_BYTES) return false;
  return file.text().then(
    (text) => text.includes('"weightsManifest"'),
    () => false,
  );
}
