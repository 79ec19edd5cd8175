/** What the classes of a backbone's own classifier are called. */
import imagenetClasses from './imagenet-classes.txt?raw';
import type { Head } from './pretrained';

const IMAGENET_CLASSES = 1000;

/** In the classifier's order: as the file says, or ImageNet's (as torchvision lists them) where there are as many, or numbers. */
export function ownClassNames({ names, classes }: Head): string[] {
  if (names) return names;
  if (classes !== IMAGENET_CLASSES)
    return Array.from({ length: classes }, (_, index) => `class ${index + 1}`);
  return imagenetClasses.trimEnd().split('\n');
}
