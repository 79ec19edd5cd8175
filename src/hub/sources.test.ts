import { describe, expect, it } from 'vitest';
import { SOURCES, sourceOfFile, sourceOfHash } from './sources';

describe('the table of sources', () => {
  it('names every row once, and where its file is: on the hub, or with the person', () => {
    expect(new Set(SOURCES.map(({ id }) => id)).size).toBe(SOURCES.length);
    for (const { id, url, pointerUrl, fileName, sha256, bytes } of SOURCES) {
      if (url === null) {
        expect(pointerUrl, id).toBeNull();
        // torchvision's file names contain the beginning of the file's hash.
        expect(fileName, id).toBe(`resnet50-${sha256?.slice(0, 8)}.pth`);
        expect(sha256, id).toMatch(/^[0-9a-f]{64}$/);
        // 25,557,032 parameters and 53,120 running statistics, four bytes each, and some metadata.
        expect(bytes, id).toBeGreaterThan(4 * (25_557_032 + 53_120));
        expect(bytes, id).toBeLessThan(1.001 * 4 * (25_557_032 + 53_120));
      } else {
        expect(url, id).toMatch(
          /^https:\/\/huggingface\.co\/[\w.-]+\/[\w.-]+\/resolve\/main\/model\.safetensors$/,
        );
        expect(pointerUrl, id).toBe(url.replace('/resolve/', '/raw/'));
      }
    }
    expect(SOURCES[0].url).toContain('timm/resnet50.tv2_in1k/');
  });

  it('prepares images as ImageNet networks have them', () => {
    for (const { id, preprocessing, licence, citation } of SOURCES) {
      const { inputSize, trainSize, cropRatio, mean, std } = preprocessing;
      // Activations have integer sizes up to the third stage, whose stride is 16.
      for (const side of [inputSize, trainSize ?? inputSize]) expect(side % 16, id).toBe(0);
      expect(cropRatio, id).toBeGreaterThan(0.8);
      expect(cropRatio, id).toBeLessThanOrEqual(1);
      expect([mean, std], id).toEqual([
        [0.485, 0.456, 0.406],
        [0.229, 0.224, 0.225],
      ]);
      expect(['BSD-3-Clause', 'Apache-2.0'], id).toContain(licence);
      expect(citation, id).toContain('arXiv:1512.03385');
    }
  });

  it('knows a file that is brought by its hash, and expects it by its name', () => {
    const [v1, v2] = ['torchvision-resnet50-v1', 'torchvision-resnet50-v2'];
    expect(sourceOfFile('resnet50-0676ba61.pth')?.id).toBe(v1);
    expect(sourceOfFile('resnet50-11ad3fa6 (1).pth')?.id).toBe(v2);
    for (const other of ['resnet50-19c8e357.pth', 'resnet50-.pth', 'model.safetensors', '0676ba61']) {
      expect(sourceOfFile(other), other).toBeNull();
    }
    for (const { id, sha256 } of SOURCES) if (sha256) expect(sourceOfHash(sha256)?.id).toBe(id);
    expect(sourceOfHash('0'.repeat(64))).toBeNull();
  });
});
