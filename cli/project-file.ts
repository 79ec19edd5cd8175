/** `--out FILE.zip`: a project with the runs, written anew after each of them. */
import { rmSync } from 'node:fs';
import { open, realpath, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Results, runResults } from '../app/report/results';
import { counted } from '../app/ui/format';
import { UserError } from '../src/core/user-error';
import { asUserError } from './folders';
import type { Headless } from './page';
import type { Destination } from './written-files';

/**
 * The file to write; `project` is the zip that was opened, which may be the same file.
 * @throws UserError if there is another file
 */
export async function zipToWrite(out: string, project: string | null): Promise<string> {
  const found = await stat(out).catch(() => null);
  if (!found) return out;
  if (found.isDirectory())
    throw new UserError(`“${out}” is a folder. Give --out another name; one that ends in .zip is a file.`);
  const file = await realpath(out);
  if (project !== null && (await realpath(project)) === file) return file;
  throw new UserError(
    `“${out}” exists. Give --out another name, or add to this project with --project ${out}.`,
  );
}

/**
 * `onExit`: registers a callback for the end of the process.
 * @throws UserError if no file can be made there
 */
export async function projectFile(
  file: string,
  headless: Pick<Headless, 'saveProject'>,
  results: Results,
  onExit: (clean: () => void) => void,
): Promise<Destination> {
  /** The zip is whole before it takes the place of the one before. */
  const part = join(dirname(file), `.${basename(file)}.${process.pid}.part`);
  const clean = () => rmSync(part, { force: true });
  onExit(clean);
  await open(part, 'w').then(
    (empty) => empty.close(),
    (error: unknown) => {
      throw asUserError(error, 'created');
    },
  );
  clean();
  return {
    async add(run) {
      results.runs.push(runResults(run, null));
      try {
        await headless.saveProject(part);
        await onDisk(part);
        await rename(part, file).catch((error: unknown) => {
          throw asUserError(error, 'written', file);
        });
      } finally {
        clean();
      }
    },
    async end(complete) {
      results.complete = complete;
      const { length } = results.runs;
      return length === 0
        ? `No run ended, so ${file} was not written.`
        : `Written to ${file}: the project, with ${counted(length, 'new run')}. Open it in the page with Projects, “Import a project”.`;
    },
  };
}

/** A file may be renamed before its content is on the disk; after a power cut it would be empty. */
async function onDisk(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
