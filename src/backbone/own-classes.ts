/** What the classes of a backbone's own classifier are called. */
import type { Head } from './pretrained';

const IMAGENET_CLASSES = 1000;

/** In the classifier's order: as the file says, or ImageNet's (as torchvision lists them) where there are as many, or numbers. */
export async function ownClassNames({ names, classes }: Head): Promise<string[]> {
  if (names) return names;
  if (classes !== IMAGENET_CLASSES)
    return Array.from({ length: classes }, (_, index) => `class ${index + 1}`);
  const { default: text } = await import('./imagenet-classes.txt?raw');
  return text.trimEnd().split('\n');
}
