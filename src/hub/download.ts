/** Downloads a published weight file into the browser's storage. */

import type { StoredPrecision } from '../core/backbone';
import { UserError } from '../core/user-error';
import { isNoRoom } from '../files/no-room';
import { Mismatch, settle } from './check';
import type { KeepOptions } from './keep';
import { exclusively, type PartialRecord, Place, type StoredFile } from './place';
import { Reporter } from './progress';
import { noRoom, requireRoom, size } from './room';
import { roundToFp16 } from './round-to-fp16';
import type { Download, Statement } from './sources';
import { untilAnswered } from './stall';
import { openStored } from './stored';
import { persistently, receive, statement } from './transfer';

const PAUSES = [1, 2, 4, 8, 16];
/** Seconds in which a server must answer for the first time. Later silence is judged by `patience`. */
const REACH = 8;

export interface DownloadOptions extends KeepOptions {
  /** The precision to store; a file that is already stored is not changed. */
  keepAs?: StoredPrecision | undefined;
  /** Seconds to wait before each retry after an attempt without progress. The length is the maximum number of such retries. */
  pauses?: readonly number[] | undefined;
  /** Seconds without a response or a byte after which a connection counts as broken. */
  patience?: number | undefined;
  /** Seconds without any answer, with all retries, after which a server counts as unreachable. */
  reach?: number | undefined;
}

/**
 * Downloads a file unless it is already stored, and returns the stored file. The file is written to the disk as it arrives and is
 * never in memory as a whole. If the download is aborted or fails, the received part is kept, and the next call, in this session
 * or a later one, resumes from there. If another tab is working on the same file, this call waits for it.
 * @throws UserError if the file cannot be downloaded, differs from what the hub states, or does not fit on the disk; the signal's
 *   reason after an abort
 */
export function download(
  wanted: Download,
  {
    onProgress = () => {},
    signal,
    keepAs = 'original',
    pauses = PAUSES,
    patience,
    reach = REACH,
  }: DownloadOptions = {},
): Promise<StoredFile> {
  const { id, label, fileName, url } = wanted;
  const reporter = new Reporter(onProgress);
  const onWait = () => reporter.report('waiting', 0, wanted.bytes);
  return exclusively(id, { onWait, signal }, async () => {
    const there = await openStored(id);
    if (there) return there;
    const place = await Place.make(id);
    let total = wanted.bytes;
    let present = await place.size();
    const persistence = {
      pauses,
      progress: () => present,
      onPause: () => reporter.report('retrying', present, total),
      givenUp: (why: string) => brokeOff(label, present, total, pauses.length + 1, why),
    };
    try {
      reporter.report('connecting', present, total);
      const { pointerUrl } = wanted;
      const answered = { seconds: reach, signal, unreachable: () => unreachable(label, url, reach) };
      const pointed =
        pointerUrl &&
        (await untilAnswered(answered, (limits) =>
          persistently(() => statement(pointerUrl, { patience, ...limits }), { ...persistence, ...limits }),
        ));
      const stated: Statement = pointed || wanted;
      let record = await partial(place, wanted, stated);
      present = await place.size();
      await place.use('original', (handle) =>
        untilAnswered(answered, (limits) =>
          persistently(
            () =>
              receive(handle, url, stated, record, {
                patience,
                ...limits,
                async onHead(known) {
                  total = known.bytes;
                  const half = keepAs === 'F16' ? (total ?? 0) / 2 : 0;
                  await requireRoom(label, (total ?? 0) - handle.getSize() + half);
                  record = { ...record, ...known };
                  await place.write(record);
                },
                onProgress(received, total) {
                  present = received;
                  reporter.report('downloading', received, total);
                },
              }),
            { ...persistence, ...limits },
          ),
        ),
      );
      const onHashed = (hashed: number) => reporter.report('checking', hashed, present);
      await settle(place, stated, { label, fileName, url }, { onProgress: onHashed, signal });
      if (keepAs === 'F16') await roundToFp16(place, { reporter, signal });
    } catch (error) {
      if (error instanceof Mismatch || (await place.size()) === 0) await place.remove();
      if (error instanceof Mismatch) throw damaged(label, error.message);
      throw isNoRoom(error) ? await noRoom(label, total === null ? null : total - present) : error;
    }
    const stored = await place.whole();
    if (!stored) throw new Error(`${id} is whole and cannot be opened.`);
    return stored;
  });
}

/** The record of a partial download of the same file, if there is one; otherwise empties the place and writes a new record. */
async function partial(
  place: Place,
  { label, fileName, url }: Download,
  stated: Statement,
): Promise<PartialRecord> {
  const left = await place.record();
  const isSame = left?.kind === 'partial' && left.url === url && left.sha256 === stated.sha256;
  if (isSame) return left;
  await place.empty();
  const record = { kind: 'partial', label, fileName, url, savedAt: Date.now(), ...stated } as const;
  return { ...record, bytes: stated.bytes, sha256: stated.sha256, etag: null };
}

function brokeOff(
  label: string,
  present: number,
  total: number | null,
  attempts: number,
  why: string,
): UserError {
  const where =
    present === 0
      ? 'could not start'
      : `stopped after ${size(present)}${total === null ? '' : ` of ${size(total)}`}`;
  const kept = present === 0 ? '' : ' The part received so far is kept. The next attempt resumes there.';
  return new UserError(
    `The download of “${label}” ${where}: ${why} (${attempts} attempts).${kept} Check the connection, then try again.`,
  );
}

function unreachable(label: string, url: string, seconds: number): UserError {
  return new UserError(
    `“${label}” could not be downloaded: ${new URL(url).hostname} did not answer within ${seconds} seconds. Check the connection, then try again, choose a weight file that you have, or use the starter.`,
  );
}

const damaged = (label: string, how: string) =>
  new UserError(
    `The download of “${label}” is damaged: ${how}. It was deleted. Download it again. If that does not help, choose another backbone.`,
  );
