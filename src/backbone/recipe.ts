/**
 * How an image becomes a network's input in its authors' own evaluation: shorter side scaled, centre cut out. Tuning has a fixed
 * way of its own, 8/7 of the input size and bilinear, so that runs compare; what an untouched network recognizes is seen with its recipe.
 */

import type { Interpolation, Recipe } from '../core/backbone';

interface Preparation {
  trainSize: number | null;
  inputSize: number;
  /** Part of the scaled image's shorter side that the crop takes. */
  cropRatio: number;
  interpolation: Interpolation;
}

/** The scaled side is rounded down, as timm and transformers do. */
export function statedRecipe({ trainSize, inputSize, cropRatio, interpolation }: Preparation): Recipe {
  // A ratio such as 224/232 is not exact: its inverse must not fall below 232.
  const resize = Math.floor(inputSize / cropRatio + 1e-6);
  return { resize, crop: inputSize, interpolation, isStated: true, trainSize };
}

export function tuningRecipe(inputSize: number): Recipe {
  return {
    resize: Math.floor((inputSize * 8) / 7),
    crop: inputSize,
    interpolation: 'bilinear',
    isStated: false,
    trainSize: null,
  };
}

/** `resize to 232 px, crop 224 px, bilinear` */
export function recipeWords({ resize, crop, interpolation }: Recipe): string {
  return `resize to ${resize} px, crop ${crop} px, ${interpolation}`;
}
