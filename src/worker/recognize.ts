/** What the untouched backbone sees: its own classifier on a person's pictures. */
import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone';
import { ownClassNames } from '../backbone/own-classes';
import { breathe } from '../breathe';
import type { Dataset } from '../data/dataset';
import { centredBatch } from '../training/batch';
import { UserError } from '../user-error';
import type { Guess, Recognition } from './protocol';

const GUESSES = 5;

/**
 * The likeliest classes of each picture's centre, best first.
 * @param pixels RGB bytes `[count, side, side, 3]`
 * @throws UserError where the backbone has no classifier of its own
 */
export async function recognize(
  backbone: Backbone,
  pixels: Uint8Array<ArrayBuffer>,
  side: number,
): Promise<Guess[][]> {
  const { head } = backbone;
  if (!head) {
    throw new UserError(
      'This backbone has no pretrained classifier, or not all of its stages are used. Use all stages of an ImageNet ResNet-50 to see its predictions.',
    );
  }
  const count = pixels.length / (side * side * 3);
  const images = { pixels, labels: new Int32Array(count), paths: [] };
  const probabilities = tf.tidy(() => {
    const features = backbone.features(centredBatch(images, side, backbone, [...images.labels.keys()]));
    const weight = tf.tensor2d(head.weight, [head.classes, backbone.network.features]);
    return tf.softmax(
      tf.add(tf.matMul(features, weight, false, true), tf.tensor1d(head.bias)),
    ) as tf.Tensor2D;
  });
  const rows = await probabilities.array();
  probabilities.dispose();
  const names = ownClassNames(head);
  return rows.map((row) =>
    row
      .map((probability, index) => ({ name: names[index] ?? '', probability }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, GUESSES),
  );
}

/** The same for the first validation images of each class (training images where a class has none). */
export async function recognizeData(
  backbone: Backbone,
  { classes, train, val, side }: Dataset,
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
      pixels: pixelsOf(from.images.pixels, side, index),
    }));
  });
  const found: Recognition[] = [];
  for (const { className, tile, pixels } of chosen) {
    onImage(found.length, chosen.length);
    await breathe();
    const [guesses = []] = await recognize(backbone, pixels, side);
    found.push({ className, tile, guesses });
  }
  return found;
}

function pixelsOf(pixels: Uint8Array<ArrayBuffer>, side: number, index: number): Uint8Array<ArrayBuffer> {
  const size = side * side * 3;
  return pixels.slice(index * size, (index + 1) * size);
}
