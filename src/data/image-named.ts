/** An image of a data set, for the page to show. */
import { UserError } from '../core/user-error';
import { type Dataset, imagesOf } from './dataset';
import { headOf, imageFormat } from './formats';
import { separate } from './images';
import { pngOfPixels } from './png';

/**
 * The file of the image if it can still be read, otherwise the pixels that are used for tuning, as a PNG.
 * @throws UserError if the data set does not use an image with this path
 */
export async function imageNamed(dataset: Dataset, path: string): Promise<{ image: Blob; isFile: boolean }> {
  const original = dataset.originals.get(path);
  const head = original && (await headOf(original));
  const format = head && imageFormat(head);
  // The type is stated because files from an archive have none.
  if (original && format) return { image: original.slice(0, original.size, format.mime), isFile: true };
  const found = imagesOf(dataset)
    .flatMap((images) => separate(images, dataset.side))
    .find((image) => image.path === path);
  if (!found) throw new UserError(`The data set does not use an image “${path}”.`);
  return { image: await pngOfPixels(found.pixels, dataset.side), isFile: false };
}
