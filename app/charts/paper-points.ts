/**
 * The results of the paper: Chen, Miao, Qiu, "Large Convolutional Model Tuning via Filter Subspace", ICLR 2025. It uses
 * ConvNeXt-B and other data, so these points are for orientation and are not directly comparable.
 */

export interface PaperPoint {
  label: string;
  /** Trainable parameters, as rounded in the paper. */
  parameters: number;
  /** 0–1. */
  accuracy: number;
}

export interface PaperSeries {
  id: string;
  /** The data set of the accuracies. */
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

/** Cites the source wherever one of these numbers is shown. */
export const citation = ({ data }: PaperSeries) => `Chen et al., ICLR 2025: ${data} with ConvNeXt-B`;
