/** Files from a drop or a picker, with their paths relative to what was chosen. */
import type { NamedFile } from '../../../src/core/dataset';

/** The property that the dropzone's file selector adds to a file. */
type Located = File & { path?: string; relativePath?: string };

/** `flowers/rose/1.jpg`: without the leading slash or dot that some browsers add. */
export function namedFiles(files: readonly Located[]): NamedFile[] {
  return files.map((file) => {
    const path = file.webkitRelativePath || file.relativePath || file.path || file.name;
    return { path: path.replace(/^(\.?\/)+/, ''), file };
  });
}
