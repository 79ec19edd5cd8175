/** Which backbone the page recommends, and why. */
import { SOURCES } from '../../../src/hub/sources';

const [FIRST] = SOURCES;

/** @param hardware whether the engine computes on a GPU */
export function recommendedBackbone(hardware: boolean): { id: string; reason: string } {
  return hardware
    ? {
        id: FIRST.id,
        reason:
          'Recommended for photographs: a ResNet-50 pretrained on ImageNet. Your GPU can train it. The starter is for a first look.',
      }
    : {
        id: 'starter',
        reason:
          'Recommended here: the starter. This machine computes without a GPU, and a ResNet-50 at 224 pixels takes far longer for every image. Tune estimates the time of a run before it starts.',
      };
}
