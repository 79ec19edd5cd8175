/**
 * For tests only: a local server that behaves like Hugging Face's hub. A file's address under `/resolve/main/` redirects to a second
 * host, which sends it and supports ranges; under `/raw/main/` is its Git LFS pointer. It can be told to misbehave in all the ways
 * that a download must survive.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How the hub answers requests for files from now on; what is absent is answered correctly. */
export interface Behaviour {
  /** Fractions of the file, 0–1, at which successive answers break off. Each answer uses one. */
  dropsAt?: number[];
  /** At these points, stops sending but keeps the connection open. */
  stalls?: boolean;
  /** Never answers these requests: for the pointer, for the file's address before the redirect, or for the file itself. */
  hangsAt?: 'pointer' | 'redirect' | 'file';
  /** Statuses of the first answers, one each. */
  statuses?: number[];
  /** Flips one bit in the middle of the file. */
  flipsBit?: boolean;
  /** Sends the whole file for any range. */
  ignoresRanges?: boolean;
  /** Sends another range than was requested. */
  mistakesRanges?: boolean;
  bytesPerSecond?: number;
  /** Does not expose ETag and Content-Range to scripts. */
  hidesHeaders?: boolean;
  hasNoPointer?: boolean;
  /** Serves another file of the same length at the same address, with all bits flipped. */
  hasNewVersion?: boolean;
}

/** A request for the bytes of a file. */
export interface LoggedRequest {
  range: string | null;
  status: number;
}

export interface Hub {
  /** The base of file addresses, e.g. `http://127.0.0.1:4567`. */
  origin: string;
  /** Ports of the hub and of the host to which it redirects. */
  ports: { hub: number; cdn: number };
  behave(behaviour: Behaviour): void;
  /** The requests since the last call of `behave`. */
  requests(): LoggedRequest[];
  close(): Promise<void>;
}

export interface HubOptions {
  /** Files by repository and name, e.g. `timm/resnet50.tv2_in1k/model.safetensors`. */
  files: Record<string, Uint8Array>;
  /** Uses https with this certificate. */
  tls?: { key: Buffer; cert: Buffer };
  /** Names by which browsers reach the two hosts; 127.0.0.1 and localhost with their ports by default. */
  hosts?: { hub: string; cdn: string };
}

export async function startHub({ files, tls, hosts }: HubOptions): Promise<Hub> {
  let behaviour: Behaviour = {};
  let log: LoggedRequest[] = [];
  const behave = (next: Behaviour) => {
    behaviour = structuredClone(next);
    log = [];
  };

  const hub = await listen(async (request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Methods', 'GET, PUT');
    const { pathname } = new URL(request.url ?? '/', 'http://hub');
    // Tests in a browser control the behaviour with PUT, which needs a preflight request.
    if (request.method === 'OPTIONS') return void response.end();
    if (pathname === '/' && request.method === 'PUT') {
      behave(JSON.parse(await textOf(request)));
      return void response.end();
    }
    if (pathname === '/') return void response.end(JSON.stringify(log));
    const [, repository, view, name] = /^\/(.+)\/(resolve|raw)\/main\/(.+)$/.exec(pathname) ?? [];
    const key = `${repository}/${name}`;
    const file = files[key];
    if (behaviour.hangsAt === (view === 'raw' ? 'pointer' : 'redirect'))
      return void (await once(response, 'close'));
    if (!file || (view === 'raw' && behaviour.hasNoPointer)) return void response.writeHead(404).end();
    if (view === 'raw') return void response.end(pointer(file));
    response.setHeader('X-Linked-Size', file.length).setHeader('X-Linked-Etag', `"${sha256(file)}"`);
    response.writeHead(302, { Location: `${cdnOrigin}/${key}?signature=made` }).end();
  }, tls);

  const cdn = await listen(async (request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    if (!behaviour.hidesHeaders) {
      response.setHeader('Access-Control-Expose-Headers', 'ETag, Content-Range, Accept-Ranges');
    }
    // Like a host without CORS support for custom headers: preflight requests are rejected.
    if (request.method === 'OPTIONS') return void response.writeHead(403).end();
    const { pathname } = new URL(request.url ?? '/', 'http://cdn');
    const original = files[decodeURIComponent(pathname.slice(1))];
    if (!original) return void response.writeHead(404).end();
    if (behaviour.hangsAt === 'file') return void (await once(response, 'close'));
    const status = behaviour.statuses?.shift();
    const range = request.headers.range ?? null;
    if (status !== undefined) {
      log.push({ range, status });
      return void response.writeHead(status).end();
    }
    const file = asBehaved(original, behaviour);
    response.setHeader('ETag', `"${behaviour.hasNewVersion ? 'second' : 'first'}"`);
    let start = 0;
    const asked = /^bytes=(\d+)-$/.exec(range ?? '')?.[1];
    if (asked !== undefined && !behaviour.ignoresRanges) {
      start = Number(asked);
      if (start >= file.length) {
        log.push({ range, status: 416 });
        return void response.writeHead(416, { 'Content-Range': `bytes */${file.length}` }).end();
      }
      if (behaviour.mistakesRanges) start -= 1000;
      response.statusCode = 206;
      response.setHeader('Content-Range', `bytes ${start}-${file.length - 1}/${file.length}`);
    }
    log.push({ range, status: response.statusCode });
    response.setHeader('Content-Length', file.length - start);
    const dropAt = behaviour.dropsAt?.shift();
    const end = dropAt === undefined ? file.length : Math.max(start, Math.round(dropAt * file.length));
    await send(response, file.subarray(start, end), behaviour.bytesPerSecond);
    if (end === file.length) response.end();
    else if (behaviour.stalls) await once(response, 'close');
    else {
      // Waits until the client has received the bytes, because they are to be kept.
      await sleep(500);
      response.destroy();
    }
  }, tls);

  const scheme = tls ? 'https' : 'http';
  const cdnOrigin = `${scheme}://${hosts?.cdn ?? `localhost:${cdn.port}`}`;
  return {
    origin: `${scheme}://${hosts?.hub ?? `127.0.0.1:${hub.port}`}`,
    ports: { hub: hub.port, cdn: cdn.port },
    behave,
    requests: () => [...log],
    async close() {
      await Promise.all([hub.close(), cdn.close()]);
    },
  };
}

/** A self-signed certificate for these names, made by openssl. */
export function selfSigned(...names: string[]): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    const alternatives = names.map((name) => `DNS:${name}`).join(',');
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=hub'].concat(
        ['-addext', `subjectAltName=${alternatives}`],
        ['-keyout', key, '-out', cert],
      ),
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  tls: HubOptions['tls'],
): Promise<{ port: number; close(): Promise<void> }> {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  await new Promise<void>((listening) => server.listen(0, listening));
  // The address of a server on a TCP port is an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** Sends the bytes in twenty pieces per second, or at once without a rate. Stops if the client disconnects. */
async function send(response: ServerResponse, bytes: Uint8Array, bytesPerSecond?: number): Promise<void> {
  const piece = bytesPerSecond === undefined ? bytes.length : Math.ceil(bytesPerSecond / 20);
  for (let at = 0; at < bytes.length && !response.destroyed; at += piece) {
    response.write(bytes.subarray(at, at + piece));
    if (bytesPerSecond !== undefined) await sleep(50);
  }
}

function asBehaved(file: Uint8Array, { flipsBit, hasNewVersion }: Behaviour): Uint8Array {
  if (hasNewVersion) return file.map((byte) => byte ^ 0xff);
  if (!flipsBit) return file;
  const flipped = file.slice();
  const middle = flipped.length >> 1;
  flipped[middle] = (flipped[middle] ?? 0) ^ 1;
  return flipped;
}

const pointer = (file: Uint8Array) =>
  `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(file)}\nsize ${file.length}\n`;

const sha256 = (file: Uint8Array) => createHash('sha256').update(file).digest('hex');

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
