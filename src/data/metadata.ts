/** A set's `dataset.json`: its name, its description, and the augmentation that keeps its labels correct. */

import type { Augmentation, LeftOut, NamedFile } from '../core/dataset';
import { z } from '../schema';
import { segmentsOf } from './paths';

export const METADATA_FILE = 'dataset.json';
const MAX_METADATA_BYTES = 64 * 1024;

export interface Metadata {
  name?: string | undefined;
  description?: string | undefined;
  augmentation?: Augmentation | undefined;
  licence?: string | undefined;
}

const schema = z.object({
  name: z.string().trim().min(1).max(100).optional(),
  description: z.string().trim().max(1000).optional(),
  augmentation: z.enum(['crops-flips', 'flips', 'none']).optional(),
  licence: z.string().trim().max(100).optional(),
});

/** The `dataset.json` at the root of the set, or the nearest one in the folders around it. */
export async function metadataOf(
  candidates: readonly NamedFile[],
  root: readonly string[],
): Promise<Metadata & { leftOut: LeftOut[] }> {
  const leftOut: LeftOut[] = [];
  let found: Metadata = {};
  const depth = ({ path }: NamedFile) => segmentsOf(path).length;
  const around = candidates.filter(({ path }) =>
    segmentsOf(path)
      .slice(0, -1)
      .every((name, i) => name === root[i]),
  );
  const own = around.sort((a, b) => depth(b) - depth(a))[0];
  for (const named of candidates) {
    const read =
      named === own
        ? await readMetadata(named.file)
        : { reason: 'Not used: it is not at the root of the data set.' };
    if ('reason' in read) leftOut.push({ path: named.path, reason: read.reason });
    else found = read;
  }
  return { ...found, leftOut };
}

/** The file's content, or why it is not used. */
async function readMetadata(file: Blob): Promise<Metadata | { reason: string }> {
  if (file.size > MAX_METADATA_BYTES) return { reason: 'Not used: larger than 64 KB.' };
  let json: unknown;
  try {
    json = JSON.parse(await file.text());
  } catch {
    return { reason: 'Not used: it is not valid JSON.' };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.');
  return { reason: `Not used: ${field ? `“${field}”: ` : ''}${issue?.message ?? 'unknown content'}.` };
}
