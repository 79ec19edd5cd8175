/** Predictions of the pretrained classifier for a person's images, preprocessed by the backbone's own recipe. */
import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone';
import { ownClassNames } from '../backbone/own-classes';
import type { Guess, Recognition } from '../core/backbone';
import { UserError } from '../core/user-error';
import type { Dataset } from '../data/dataset';
import { decodeByRecipe } from '../data/decode';
import { centreOf, normalised } from '../training/batch';
import { yieldToEventLoop } from '../yield-to-event-loop';

const GUESSES = 5;

/**
 * The most probable classes of an image file, most probable first.
 * @throws UserError if the file cannot be read or the backbone has no pretrained classifier
 */
export async function recognizeFile(backbone: Backbone, image: Blob, fileName: string): Promise<Guess[]> {
  const decoded = await decodeByRecipe(image, backbone.recipe);
  if ('reason' in decoded) throw new UserError(`“${fileName}”: ${decoded.reason}`);
  return recognize(backbone, decoded.pixels, backbone.recipe.crop);
}

/** The same for the first validation images of each class (training images if a class has none). */
export async function recognizeData(
  backbone: Backbone,
  { classes, train, val, side, originals }: Dataset,
  perClass: number,
  onImage: (done: number, total: number) => void,
): Promise<Recognition[]> {
  const places = (labels: Int32Array, label: number) => [...labels.keys()].filter((i) => labels[i] === label);
  const chosen = classes.flatMap((className, label) => {
    const [trained, validated] = [places(train.labels, label), places(val.labels, label)];
    // A class' thumbnails are its training images, then its validation images.
    const first = validated.length > 0 ? trained.length : 0;
    const from = validated.length > 0 ? { images: val, of: validated } : { images: train, of: trained };
    return from.of.slice(0, perClass).map((index, place) => ({
      className,
      tile: first + place,
      original: originals.get(from.images.paths[index] ?? ''),
      kept: pixelsOf(from.images.pixels, side, index),
    }));
  });
  const found: Recognition[] = [];
  for (const { className, tile, original, kept } of chosen) {
    onImage(found.length, chosen.length);
    await yieldToEventLoop();
    const decoded = original ? await decodeByRecipe(original, backbone.recipe) : null;
    const byRecipe = decoded !== null && 'pixels' in decoded;
    const size = Math.min(side, backbone.inputSize);
    const guesses = byRecipe
      ? await recognize(backbone, decoded.pixels, backbone.recipe.crop)
      : await recognize(backbone, centreOf(kept, side, size), size);
    found.push({ className, tile, guesses, byRecipe });
  }
  return found;
}

/**
 * The most probable classes of one image, most probable first.
 * @param pixels RGB bytes `[size, size, 3]`
 */
async function recognize(backbone: Backbone, pixels: Uint8Array, size: number): Promise<Guess[]> {
  const { head } = backbone;
  if (!head) {
    throw new UserError(
      'This backbone has no pretrained classifier, or not all of its stages are used. Use all stages of the starter or of an ImageNet ResNet-50 to see its predictions.',
    );
  }
  const probabilities = tf.tidy(() => {
    const image = tf.tensor4d(Float32Array.from(pixels), [1, size, size, 3]);
    const features = backbone.features(normalised(image, backbone.preprocessing));
    const weight = tf.tensor2d(head.weight, [head.classes, backbone.network.features]);
    const logits = tf.add(tf.matMul(features, weight, false, true), tf.tensor1d(head.bias));
    return tf.softmax(tf.reshape(logits, [head.classes]));
  });
  const values = await probabilities.data();
  probabilities.dispose();
  const names = ownClassNames(head);
  return [...values]
    .map((probability, index) => ({ name: names[index] ?? '', probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, GUESSES);
}

function pixelsOf(pixels: Uint8Array<ArrayBuffer>, side: number, index: number): Uint8Array<ArrayBuffer> {
  const size = side * side * 3;
  return pixels.slice(index * size, (index + 1) * size);
}
