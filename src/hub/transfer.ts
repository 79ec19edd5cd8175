/**
 * Downloads a file over HTTP to the disk and resumes interrupted downloads. The server's responses are validated: if a response is
 * not the rest of the same file, the download starts again from the beginning.
 */

import { UserError } from '../core/user-error';
import { chunks } from '../files/chunks';
import { type SyncAccessHandle, writeAll } from '../files/sync-access';
import { z } from '../schema';
import { Mismatch } from './check';
import type { Statement } from './sources';
import { Interrupted, type Patience, whileHeard } from './stall';

/** What is known about a partially downloaded file. */
export interface Known extends Statement {
  /** The server's ETag for this content. */
  etag: string | null;
}

interface Persistence {
  /** Seconds to wait before each retry. An attempt with progress restarts the sequence. */
  pauses: readonly number[];
  signal: AbortSignal | undefined;
  /** A measure of progress; an attempt that increases it restarts the sequence of pauses. */
  progress: () => number;
  onPause: () => void;
  /** The error for the person when all retries have failed. */
  givenUp: (why: string) => UserError;
}

/** Retries an attempt while it throws `Interrupted`. */
export async function persistently<Result>(
  attempt: () => Promise<Result>,
  { pauses, signal, progress, onPause, givenUp }: Persistence,
): Promise<Result> {
  let furthest = progress();
  for (let failures = 0; ; ) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Interrupted)) throw error;
      if (progress() > furthest) failures = 0;
      furthest = Math.max(furthest, progress());
      const pause = pauses[failures++];
      if (pause === undefined) throw givenUp(error.message);
      onPause();
      await seconds(pause, signal);
    }
  }
}

/**
 * Git LFS pointer (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md): a text file that represents a large file in its
 * repository, with its size and SHA-256.
 */
const pointerSchema = z
  .string()
  .transform((text) => /^version \S+\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\nsize (\d{1,15})\n?$/.exec(text))
  .transform((match) => (match ? { sha256: match[1] ?? null, bytes: Number(match[2]) } : null));

/** Maximum size of a pointer by its specification, bytes. */
const POINTER_BYTES = 1024;

/**
 * The size and hash in the pointer at `url`; null if there is none.
 * @throws Interrupted if there is no response
 */
export function statement(url: string, patience: Patience): Promise<Statement | null> {
  return whileHeard(async (signal, arrived) => {
    const response = await ask(url, {}, signal);
    arrived();
    if (response.status >= 500 || response.status === 429) throw new Interrupted(`HTTP ${response.status}`);
    if (!response.ok || !response.body) return null;
    const text = new TextDecoder();
    let pointer = '';
    for await (const chunk of arriving(response.body)) {
      arrived();
      pointer += text.decode(chunk, { stream: true });
      // Not a pointer.
      if (pointer.length > POINTER_BYTES) return null;
    }
    return pointerSchema.parse(pointer);
  }, patience);
}

interface Receiving extends Patience {
  /** Called before data of a file that differs from the known one is written. */
  onHead: (known: Known) => Promise<void>;
  /** `received`: bytes of the file that are on the disk. */
  onProgress: (received: number, total: number | null) => void;
}

/**
 * One attempt to download the missing part of the file.
 * @param stated the file's stated size and hash; `known` may add values from an earlier response
 * @throws Interrupted if the connection was lost, UserError if the server refuses, Mismatch if it sends too many bytes,
 *   QuotaExceededError if the disk is full
 */
export async function receive(
  handle: SyncAccessHandle,
  url: string,
  stated: Statement,
  known: Known,
  { onHead, onProgress, ...patience }: Receiving,
): Promise<void> {
  const present = handle.getSize();
  if (present > 0 && present === known.bytes) return;
  try {
    await whileHeard(async (signal, arrived) => {
      const answer = await request(url, known, present, signal);
      arrived();
      const total = stated.bytes ?? answer.total;
      await onHead({ bytes: total, sha256: stated.sha256, etag: answer.etag });
      handle.truncate(answer.start);
      let at = answer.start;
      onProgress(at, total);
      for await (const chunk of arriving(answer.body)) {
        arrived();
        if (total !== null && at + chunk.length > total)
          throw new Mismatch(`more than the expected ${total} bytes arrived`);
        writeAll(handle, chunk, at);
        at += chunk.length;
        onProgress(at, total);
      }
      if (total !== null && at < total) throw new Interrupted('the connection was closed too early');
    }, patience);
  } finally {
    handle.flush();
  }
}

/** A response with the bytes of the file from `start` on. */
interface Answer {
  start: number;
  total: number | null;
  etag: string | null;
  body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

/** Each header is null if the server does not send it, does not expose it to scripts, or sends an invalid value. */
const headersSchema = z.object({
  etag: z
    .string()
    .regex(/^(W\/)?"[^"]{0,500}"$/)
    .nullable()
    .catch(null),
  length: count.nullable().catch(null),
});

/** `bytes 100-199/200` (RFC 9110, 14.4). */
const rangeSchema = z
  .string()
  .transform((text) => /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text))
  .transform((match) => match && { start: Number(match[1]), end: Number(match[2]), total: Number(match[3]) });

/**
 * Requests the file from byte `from` on. The ETag is compared here and not with `If-Range`, because that header causes a CORS
 * preflight request to every host of the redirects, and hosts that reject it may accept a plain range.
 */
async function request(url: string, known: Known, from: number, signal: AbortSignal): Promise<Answer> {
  const asksForRest = from > 0 && (known.etag !== null || known.sha256 !== null);
  const response = await ask(url, asksForRest ? { Range: `bytes=${from}-` } : {}, signal);
  const { status, headers, body } = response;
  const { etag, length } = headersSchema.parse({
    etag: headers.get('ETag'),
    length: headers.get('Content-Length'),
  });
  if (status === 200 && body) return { start: 0, total: length, etag, body };
  if (asksForRest && status === 206 && body && isRest(headers.get('Content-Range'), etag, known, from)) {
    return { start: from, total: known.bytes, etag, body };
  }
  await body?.cancel();
  if (asksForRest && (status === 206 || status === 416)) return request(url, known, 0, signal);
  if (status === 206) throw new Interrupted('the server sent another part of the file than requested');
  if (status === 408 || status === 429 || status >= 500) throw new Interrupted(`HTTP ${status}`);
  throw refused(url, status);
}

/** Whether a response is the rest of the known file, from byte `from` on. */
function isRest(contentRange: string | null, etag: string | null, known: Known, from: number): boolean {
  // Without an ETag, the SHA-256 of the whole file decides at the end.
  if (known.etag !== null && etag !== null ? known.etag !== etag : known.sha256 === null) return false;
  // The server may not expose the header to scripts.
  if (contentRange === null) return true;
  const range = rangeSchema.parse(contentRange);
  if (range === null || range.start !== from || range.end !== range.total - 1) return false;
  return known.bytes === null || range.total === known.bytes;
}

async function ask(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  try {
    return await fetch(url, {
      headers,
      // The file is stored here. The browser's cache would store it twice and may answer range requests itself.
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      ...(signal && { signal }),
    });
  } catch {
    signal?.throwIfAborted();
    throw new Interrupted('the server did not answer');
  }
}

/** The chunks of the body. An error while reading them is rethrown as `Interrupted`. */
async function* arriving(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  try {
    yield* chunks(body);
  } catch {
    throw new Interrupted('the connection was lost');
  }
}

function refused(url: string, status: number): UserError {
  const { hostname } = new URL(url);
  const what = `${hostname} refused the download (HTTP ${status}).`;
  const gone = status === 404 || status === 410;
  return new UserError(
    gone
      ? `${what} The file is no longer available. Choose another backbone, or drop the file here if you have it.`
      : `${what} Try again later, or download it yourself from ${url} and drop it here.`,
  );
}

function seconds(pause: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, pause * 1000);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
