/** Names of the stages in He et al. 2016 (Table 1), in order. */
export const STAGE_NAMES = ['conv2_x', 'conv3_x', 'conv4_x', 'conv5_x'] as const;

/** The stage of a layer, such as `conv2_x` for `layer1.0.conv2`; a layer before the first stage stands for itself. */
export function stageOf(layer: string): string {
  const number = /^layer(\d)\./.exec(layer)?.[1];
  return STAGE_NAMES[Number(number) - 1] ?? layer;
}
