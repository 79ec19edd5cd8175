/** The starter backbone, which comes with the page. */
import type { BackboneChoice } from '../core/backbone';

export const STARTER: BackboneChoice = { source: { kind: 'starter' }, stages: null, inputSize: null };

export const STARTER_FILE = {
  id: 'starter',
  name: 'Starter: ResNet-50 layout, quarter width',
  path: 'backbones/starter-resnet50-w16.safetensors',
};

/** The classes of its pretrained classifier: those of CIFAR-10, in the file's order. */
export const STARTER_CLASSES = [
  ...['airplane', 'automobile', 'bird', 'cat', 'deer'],
  ...['dog', 'frog', 'horse', 'ship', 'truck'],
] as const;
