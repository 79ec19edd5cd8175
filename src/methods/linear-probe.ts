import type { TuningMethod } from './method';

/** Trains only the head. The backbone does not change, so its features are computed once. */
export const linearProbe: TuningMethod = {
  id: 'linear-probe',
  label: 'Linear probe',
  symbol: 'probe',
  description: 'Trains only the head, on the features of the frozen backbone.',
  advice:
    'Take it first: it is trained in seconds and shows what the pretrained features tell apart without tuning.',
  paper:
    'Mean accuracy over VTAB-1k with ConvNeXt-B: 61.21 % with 0.11 M trainable parameters. Chen et al., ICLR 2025.',
  learningRate: 0,
  rateExponents: {},
  options: [],
  decompositions: () => ({}),
  atomChange: null,
  trainables: () => [],
};
