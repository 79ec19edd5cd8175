/** What a backbone expects of an image before its first convolution. */

type PerChannel = readonly [number, number, number];

/** RGB bytes x → (x/255 − mean)/std, by channel. */
export interface Preprocessing {
  readonly mean: PerChannel;
  readonly std: PerChannel;
}

/** ImageNet's channel means and deviations after x/255, as torchvision, timm and Hugging Face take them. */
export const IMAGENET: Preprocessing = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
