/**
 * The paper's own results: Chen, Miao, Qiu, "Large Convolutional Model Tuning via Filter Subspace", ICLR 2025. Its network is
 * ConvNeXt-B and its data are others than the person's, so these are for orientation and no rivals.
 */

export interface PaperPoint {
  label: string;
  /** Trained numbers, as the paper rounds them. */
  parameters: number;
  /** 0–1. */
  accuracy: number;
}

export interface PaperSeries {
  id: string;
  /** What the accuracies are of. */
  data: string;
  points: readonly PaperPoint[];
}

export const PAPER_SERIES: readonly PaperSeries[] = [
  {
    id: 'vtab-1k',
    data: 'VTAB-1k mean',
    points: [
      { label: 'Full', parameters: 87.67e6, accuracy: 0.7214 },
      { label: 'Linear probe', parameters: 0.11e6, accuracy: 0.6121 },
      { label: 'LoRA', parameters: 17.4e6, accuracy: 0.6753 },
      { label: 'Filter atoms', parameters: 0.45e6, accuracy: 0.7359 },
    ],
  },
  {
    id: 'cifar-100',
    data: 'CIFAR-100',
    points: [
      { label: 'Full', parameters: 87.7e6, accuracy: 0.941 },
      { label: 'Linear probe', parameters: 0.1e6, accuracy: 0.886 },
      { label: 'LoRA', parameters: 20.1e6, accuracy: 0.892 },
      { label: 'Filter atoms', parameters: 0.3e6, accuracy: 0.918 },
    ],
  },
];

/** Names the source wherever one of its numbers stands. */
export const citation = ({ data }: PaperSeries) => `Chen et al., ICLR 2025: ${data} with ConvNeXt-B`;
