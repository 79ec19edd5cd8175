/** Files from a drop or a picker, with the path they had inside what was given. */
import type { NamedFile } from '../../../src/worker/protocol';

/** What the dropzone's file selector adds to a file. */
type Located = File & { path?: string; relativePath?: string };

/** `flowers/rose/1.jpg`: no leading slash or dot, whatever the browser put there. */
export function namedFiles(files: readonly Located[]): NamedFile[] {
  return files.map((file) => {
    const path = file.webkitRelativePath || file.relativePath || file.path || file.name;
    return { path: path.replace(/^(\.?\/)+/, ''), file };
  });
}
