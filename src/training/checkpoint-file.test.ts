import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random';
import type { RunConfig } from '../core/run';
import { UserError } from '../core/user-error';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint-file';

const CONFIG: RunConfig = {
  ...{ setting: 'atoms', options: { m: 9 }, epochs: 5, batchSize: 16, learningRate: 1e-2 },
  ...{ headLearningRate: 1e-3, weightDecay: 1e-4, warmup: 0.1, dropout: 0, augmentation: 'flips', views: 0 },
  ...{ seed: 3, patience: 0, warmStart: true },
  probe: { epochs: 60, learningRate: 1e-2, weightDecay: 1e-2, batchSize: 32 },
};

function checkpoint(): Checkpoint {
  const random = seededRandom(1);
  const vector = () => Float32Array.from({ length: 7 }, random.normal);
  random.normal();
  return {
    identity: { config: CONFIG, backbone: 'b at 64', data: 'd' },
    point: {
      state: {
        ...{ epoch: 2, index: 3, lossSum: 0.1 + 0.2, best: { epoch: 1, correct: 5 }, seconds: 1.5 },
        optimizer: { values: vector(), mean: vector(), variance: vector(), step: 9 },
        streams: { augmentation: random.state(), dropout: random.fork('dropout').state() },
      },
      epochs: [0, 1].map((epoch) => ({
        ...{ epoch, trainLoss: epoch === 0 ? null : 0.3, valLoss: 1 / 3, correct: 4 + epoch, total: 8 },
        seconds: epoch,
      })),
      kept: { epoch: 1, values: vector(), predicted: Uint16Array.of(0, 2, 1, 65535) },
    },
  };
}

describe('a checkpoint as bytes', () => {
  it('comes back bit for bit', () => {
    expect(decodeCheckpoint(encodeCheckpoint(checkpoint()))).toEqual(checkpoint());
  });

  it('is refused where its epochs contradict one another, and from another version', () => {
    const changed = checkpoint();
    changed.point.kept.epoch = 0;
    expect(() => decodeCheckpoint(encodeCheckpoint(changed))).toThrow('its epochs contradict one another');
    const text = new TextDecoder('latin1').decode(encodeCheckpoint(checkpoint()));
    const other = text.replace('"version":"1"', '"version":"2"');
    expect(() => decodeCheckpoint(Uint8Array.from(other, (letter) => letter.charCodeAt(0)))).toThrow(
      'version 2, this program reads 1',
    );
  });

  it('is read or refused with a sentence, whatever bytes are changed: 1,000 mutations', () => {
    const bytes = encodeCheckpoint(checkpoint());
    const random = seededRandom(7);
    let refused = 0;
    for (let trial = 0; trial < 1000; trial++) {
      const mutated = bytes.slice(0, random.uniform() < 0.2 ? random.integer(bytes.length) : undefined);
      for (let change = 0; change <= random.integer(4) && mutated.length > 0; change++)
        mutated[random.integer(mutated.length)] = random.integer(256);
      try {
        decodeCheckpoint(mutated);
      } catch (error) {
        expect(error, `trial ${trial}`).toBeInstanceOf(UserError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(300);
  });
});
