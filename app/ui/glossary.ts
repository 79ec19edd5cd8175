/**
 * What the words on the page mean, for a person who sees them for the first time; shown by `Term`. The words are those of
 * docs/words.md, the mathematics is that of docs/method.md.
 */

export interface Entry {
  /** As it stands in a sentence. */
  name: string;
  /** Other forms in which sentences have it; plurals are known. */
  also?: readonly string[];
  meaning: string;
}

export const GLOSSARY = {
  // The network
  backbone: {
    name: 'backbone',
    meaning: 'The pretrained network that is fine-tuned, without its classifier.',
  },
  'pretrained network': {
    name: 'pretrained network',
    meaning:
      'A network that was trained before on many other images. Its features are a good start for new classes, so a few images per class are enough.',
  },
  'fine-tuning': {
    name: 'fine-tuning',
    meaning: 'Training a pretrained network further, on your images, so that it tells your classes apart.',
  },
  starter: { name: 'starter', meaning: 'The small backbone that comes with the page.' },
  convolution: {
    name: 'convolution',
    meaning:
      'A layer that slides small kernels over an image or over the output of the layer before, and so responds to the same pattern wherever it is.',
  },
  kernel: {
    name: 'kernel',
    meaning:
      'The weights of a convolution: k × k numbers for each pair of an input channel and an output channel.',
  },
  channel: {
    name: 'channel',
    meaning:
      'One of the grids of numbers that make up the input or the output of a layer. A colour image has three.',
  },
  stage: {
    name: 'stage',
    meaning:
      'A group of layers whose outputs have the same height and width. A ResNet-50 has a first layer and four stages.',
  },
  'input size': {
    name: 'input size',
    meaning: 'The side of the square images that the backbone gets, in pixels.',
  },
  features: {
    name: 'features',
    meaning: 'The numbers by which the backbone describes an image. The head classifies by them.',
  },
  head: {
    name: 'head',
    meaning:
      'The linear classifier on the features, with one output for each class. Every setting trains it.',
  },
  'pretrained classifier': {
    name: 'pretrained classifier',
    meaning:
      'The classifier that a backbone came with. It knows only the classes of its own training. Tuning replaces it by a head for yours.',
  },

  activations: {
    name: 'activations',
    meaning: 'The outputs of a layer for one image or for a batch of images.',
  },
  'batch norm': {
    name: 'batch norm',
    meaning:
      'Batch normalisation: a scale and a shift of every channel after a convolution. Its statistics stay frozen.',
  },

  // Atoms
  atoms: {
    name: 'atoms',
    meaning:
      'A few small patterns of k × k numbers. Every kernel of a layer is a sum of the same atoms, each multiplied by a coefficient. Their symbol is D.',
  },
  coefficients: {
    name: 'coefficients',
    meaning:
      'The factors by which the atoms are multiplied to give a kernel. They stay frozen. Their symbol is α.',
  },
  ΔD: {
    name: 'ΔD',
    meaning:
      'The trained change of the atoms D. It starts at zero, so the network starts as the pretrained one.',
  },
  m: { name: 'm', meaning: 'The number of atoms per layer; 9 if you do not change it.' },
  decompose: {
    name: 'decompose',
    meaning: 'Find the atoms and coefficients whose products are nearest to the kernels.',
  },
  'reconstruction error': {
    name: 'reconstruction error',
    meaning:
      'How far coefficients × atoms are from the pretrained kernels, as a fraction of the size of the kernels: 0 % is an exact copy.',
  },

  'singular vectors': {
    name: 'singular vectors',
    also: ['singular values'],
    meaning:
      'The leading directions of a kernel, which is read as a matrix. A singular value says how strong its direction is.',
  },

  // Settings
  setting: { name: 'setting', meaning: 'A tuning method with its options: which parameters are trained.' },
  'linear probe': {
    name: 'linear probe',
    meaning:
      'The setting that trains only the head. It shows how far the pretrained features go without tuning the backbone.',
  },
  'core atoms': {
    name: 'core atoms',
    meaning:
      'A setting of this project, not of the paper. It trains a small core that connects r leading directions of a kernel’s input channels with r of its output channels.',
  },
  'overcomplete atoms': {
    name: 'overcomplete atoms',
    meaning:
      'A setting that trains m₁ atoms in place of each atom, mixed by every input channel with factors β.',
  },
  'coefficient atoms': {
    name: 'coefficient atoms',
    also: ['ΔDc'],
    meaning:
      'A setting that trains a change of atoms that cover blocks of kc × kc channels. Its symbol is ΔDc.',
  },
  LoRA: {
    name: 'LoRA',
    meaning:
      'A setting that adds a trained update of low rank r to every kernel: the product of two thin matrices.',
  },
  'full tuning': { name: 'full tuning', meaning: 'The setting that trains every kernel of the backbone.' },
  rank: {
    name: 'rank',
    also: ['low-rank'],
    meaning: 'How many independent directions an update has; more need more parameters. Its symbol is r.',
  },
  'trainable parameters': {
    name: 'trainable parameters',
    meaning: 'The numbers that training changes, counted in the backbone and in the head.',
  },
  adapter: {
    name: 'adapter',
    meaning:
      'The file with what one run trained: often some tens of kilobytes. It needs the same backbone to be used.',
  },

  'check logits': {
    name: 'check logits',
    meaning:
      'The outputs of the model for four built-in images, stored in the adapter file. If they are the same here, the model computes what it computed when it was saved.',
  },

  // Data and training
  class: {
    name: 'class',
    meaning: 'What an image shows: a label, and the name of the folder of its images.',
  },
  split: {
    name: 'split',
    meaning:
      'The division of your images into training images, validation images that choose the best epoch, and test images that are used once at the end.',
  },
  'near-duplicates': {
    name: 'near-duplicates',
    meaning:
      'Images that look the same, or were taken in one burst. The split keeps them together, so that no test image has its copy in training.',
  },
  'test images': {
    name: 'test images',
    also: ['test accuracy'],
    meaning:
      'Images that take no part in training or in choosing the best epoch. They are classified once, at the end.',
  },
  'validation images': {
    name: 'validation images',
    also: ['validation accuracy'],
    meaning:
      'Images that are not trained on. After every epoch they measure the accuracy and so choose the best epoch.',
  },
  run: { name: 'run', meaning: 'One training of one setting with one seed.' },
  epoch: { name: 'epoch', meaning: 'One pass over all training images.' },
  'best epoch': {
    name: 'best epoch',
    meaning:
      'The epoch with the highest validation accuracy, the earliest on a tie. Its parameters are kept.',
  },
  'learning rate': {
    name: 'learning rate',
    meaning: 'The size of the steps by which training changes the parameters.',
  },
  loss: {
    name: 'loss',
    meaning:
      'How far the predicted probabilities are from the right classes. Training makes it smaller on the training images.',
  },
  batch: {
    name: 'batch',
    meaning: 'The images of one training step. The parameters change once per batch.',
  },
  'micro-batch': {
    name: 'micro-batch',
    meaning:
      'The part of a batch that is computed at a time, to take less memory. The gradients of all parts are added up.',
  },
  'gradient checkpointing': {
    name: 'gradient checkpointing',
    meaning:
      'Computing activations again in the backward pass instead of keeping them. It takes less memory and more time.',
  },
  'search run': {
    name: 'search run',
    meaning: 'A short run that only chooses values, such as the learning rate. It is not compared.',
  },
  backend: {
    name: 'backend',
    meaning:
      'What the engine computes on: WebGPU, which is the graphics processor, or WebAssembly, which is the main processor.',
  },
  seed: {
    name: 'seed',
    meaning:
      'The number that fixes the random choices of a run: the order of the images, their augmentation and the initial values. The split has a seed of its own.',
  },
  sweep: {
    name: 'sweep',
    meaning: 'Several values and seeds of the chosen settings, run one after the other.',
  },

  // Comparison
  accuracy: { name: 'accuracy', meaning: 'The share of images that are classified correctly.' },
  'balanced accuracy': {
    name: 'balanced accuracy',
    also: ['balanced test accuracy', 'balanced validation accuracy'],
    meaning:
      'The mean over the classes of the share of their images that is classified correctly, so that a large class does not count more than a small one.',
  },
  '95 % interval': {
    name: '95 % interval',
    meaning:
      'The range in which the accuracy would probably lie with other images of the same kind and, for settings with several runs, other seeds. Of such intervals, 95 of 100 contain the true value.',
  },
  'p-value': {
    name: 'p-value',
    also: ['p'],
    meaning:
      'How often chance alone would show a difference at least this large if the settings were equally accurate.',
  },
  'Pareto front': {
    name: 'Pareto front',
    meaning:
      'The settings that no other setting beats in accuracy without a higher cost. They are joined by a line.',
  },
  'macro-F1': {
    name: 'macro-F1',
    meaning: 'A measure of accuracy in which every class counts the same, however many images it has.',
  },
  fp16: {
    name: 'fp16',
    meaning: 'Numbers of 16 instead of 32 bits, with about three decimal digits. They take half the space.',
  },
} satisfies Record<string, Entry>;

export type Word = keyof typeof GLOSSARY;

/** The settings that texts name. */
export const SETTING_NAMES: readonly Word[] = [
  'linear probe',
  'core atoms',
  'overcomplete atoms',
  'coefficient atoms',
  'LoRA',
  'full tuning',
];
