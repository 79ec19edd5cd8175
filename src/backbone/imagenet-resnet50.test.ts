/** A real ImageNet ResNet-50 of full width. What takes longer than seconds is in imagenet-resnet50.slow.test.ts. */
import { expect, it } from 'vitest';
import { maxRelativeError } from '../fixtures';
import { onBackends } from '../on-backends';
import { recognizeFile } from '../worker/recognize';
import { featuresOfMade, flowers, imagenetResnet50, missing, REFERENCE } from './imagenet-resnet50';
import { ownClassNames } from './own-classes';

const NAMES = ownClassNames({
  classes: 1000,
  names: null,
  weight: new Float32Array(),
  bias: new Float32Array(),
});

onBackends('an ImageNet ResNet-50 of full width', () => {
  it('gives PyTorch’s features at 64 px, and recognizes images as PyTorch does at 224 px', async (test) => {
    if (missing) return test.skip(missing);
    const backbone = await imagenetResnet50(224);
    const features = await featuresOfMade(backbone, 64);
    expect(maxRelativeError(features, REFERENCE.features[64])).toBeLessThan(1e-3);
    const images = await flowers('val/daisy', 14);
    // Two daisies, and between them the one that PyTorch takes for a pinwheel.
    for (const place of [9, 10, 11]) {
      const [name = '', best = 0, probability = 0] = REFERENCE.daisies[place] ?? [];
      const image = images[place];
      expect(image?.path).toContain(name);
      const [first] = await recognizeFile(backbone, image?.file ?? new Blob(), name);
      expect(first?.name).toBe(NAMES[best]);
      // The browser's JPEG decoder rounds otherwise than Pillow's.
      expect(first?.probability).toBeCloseTo(probability, 1);
    }
    backbone.dispose();
  });
}, ['wasm']);
