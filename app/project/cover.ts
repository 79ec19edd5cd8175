/** What the list of projects shows of a project's images. */
import type { DatasetSummary } from '../../src/core/dataset';
import type { ProjectHeader } from './schema';

type Cover = Pick<ProjectHeader, 'thumbnail' | 'images'>;

/** Side of the picture, pixels. */
const SIDE = 64;

let last: { dataset: DatasetSummary; cover: Cover } | null = null;

/** The first image, and how many there are. */
export async function coverOf(dataset: DatasetSummary | null): Promise<Cover> {
  if (!dataset) return { thumbnail: null, images: 0 };
  if (last?.dataset !== dataset) last = { dataset, cover: await drawn(dataset) };
  return last.cover;
}

async function drawn({ classes, thumbnailLayout: { tile } }: DatasetSummary): Promise<Cover> {
  const images = classes.reduce((sum, { train, val, test }) => sum + train + val + test, 0);
  const [first] = classes;
  try {
    const atlas = first && (await createImageBitmap(first.thumbnails, 0, 0, tile, tile));
    const canvas = new OffscreenCanvas(SIDE, SIDE);
    const context = canvas.getContext('2d');
    if (!atlas || !context) return { thumbnail: null, images };
    context.drawImage(atlas, 0, 0, SIDE, SIDE);
    return { thumbnail: await canvas.convertToBlob({ type: 'image/webp' }), images };
  } catch {
    // A project without a picture is a project, too.
    return { thumbnail: null, images };
  }
}
