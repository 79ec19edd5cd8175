/**
 * Weights in several files, as Hugging Face's `save_pretrained` splits them: shards named `model-00001-of-00002.safetensors`, and
 * an index `model.safetensors.index.json` that maps tensors to shards. The index is not needed if all shards are
 * present, because their names contain the number of shards.
 */

import type { NamedFile } from '../core/dataset';
import { UserError } from '../core/user-error';
import { z } from '../schema';
import { baseName } from './tfjs-model';
import { listed, shortened, TENSORS_ALONE, type WeightFile, type WeightTensor } from './weight-file';

/** The file name of each tensor's shard. */
export type WeightMap = Readonly<Record<string, string>>;

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** The weight map of a parsed index; null for any other JSON. */
export function weightMapOf(json: unknown): WeightMap | null {
  const parsed = indexSchema.safeParse(json);
  return parsed.success ? parsed.data.weight_map : null;
}

/** For `model-00001-of-00002.safetensors`: its number, counted from 1, and the names of all shards. */
export function shardOf(name: string): { place: number; names: readonly string[] } | null {
  const match = /^(.*-)(\d{1,5})(-of-)(\d{1,5})(\.\w+)$/.exec(name);
  if (!match) return null;
  const [, stem = '', place = '', of = '', count = '', ending = ''] = match;
  const [own, all] = [Number(place), Number(count)];
  if (own < 1 || own > all) return null;
  const nameOf = (index: number) =>
    `${stem}${String(index + 1).padStart(place.length, '0')}${of}${count}${ending}`;
  return { place: own, names: Array.from({ length: all }, (_, index) => nameOf(index)) };
}

/** @throws UserError naming the shards of the index that are not among `files` */
export function indexedShards(
  map: WeightMap,
  indexName: string,
  files: readonly NamedFile[],
): readonly NamedFile[] {
  const names = [...new Set(Object.values(map).map(baseName))].sort();
  if (names.length === 0)
    throw new UserError(`“${indexName}” lists no weights. Download it again, with every shard.`);
  return shardsNamed(names, files, `“${indexName}”`);
}

/** @throws UserError naming those of `names` that are not among `files`; `subject`: what needs them */
export function shardsNamed(
  names: readonly string[],
  files: readonly NamedFile[],
  subject: string,
): readonly NamedFile[] {
  const byName = new Map(files.map((file) => [baseName(file.path), file]));
  const missing = names.filter((name) => !byName.has(name)).map(shortened);
  if (missing.length > 0)
    throw new UserError(
      `${subject} needs the files ${listed(missing)} as well. Choose all ${names.length} parts together.`,
    );
  return names.flatMap((name) => byName.get(name) ?? []);
}

/**
 * Joins opened shards into one weight file. If there is a map, it determines each tensor's shard.
 * @throws UserError if a shard lacks a tensor of the map, or two shards have one
 */
export function joined(fileName: string, shards: readonly WeightFile[], map: WeightMap | null): WeightFile {
  const tensors = new Map<string, WeightTensor>();
  const byName = new Map(shards.map((shard) => [shard.fileName, shard]));
  for (const [name, shardName] of Object.entries(map ?? {})) {
    const tensor = byName.get(baseName(shardName))?.tensors.get(name);
    if (!tensor)
      throw new UserError(
        `“${shortened(baseName(shardName))}” lacks the tensor “${shortened(name)}”, which “${fileName}” lists for it. Download both again.`,
      );
    tensors.set(name, tensor);
  }
  for (const shard of map ? [] : shards) {
    for (const [name, tensor] of shard.tensors) {
      if (tensors.has(name))
        throw new UserError(
          `Two parts contain the tensor “${shortened(name)}”, “${shard.fileName}” and an earlier one. Download them again.`,
        );
      tensors.set(name, tensor);
    }
  }
  return {
    ...TENSORS_ALONE,
    fileName,
    form: shards[0]?.form ?? 'safetensors',
    blobs: shards.flatMap(({ blobs }) => blobs),
    tensors,
    metadata: Object.assign({}, ...shards.map(({ metadata }) => metadata)),
    notices: [...new Set(shards.flatMap(({ notices }) => notices))],
  };
}
