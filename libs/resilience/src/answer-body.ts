import type { IncomingHttpHeaders } from 'node:http';
import { pipeline, type Duplex, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { upstreamAnswerInvalid } from './upstream-problem.js';

/** By content coding (RFC 9110, section 8.4.1; RFC 8878 for zstd). */
const decoders: ReadonlyMap<string, () => Duplex> = new Map<string, () => Duplex>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
]);

/** What was read of a body, without its content coding. */
export interface ReadBody {
  readonly bytes: Buffer;
  /** Whether there was more than the cap, which was not read. */
  readonly cut: boolean;
}

/**
 * Reads a body to its end or to the cap, decoded: the cap holds for the bytes on the wire and for what
 * they decode to, so neither an endless answer nor a small one that decodes to gigabytes fills the memory.
 *
 * @throws Problem `upstream_invalid_answer` (502) for a coding that is not known; the decoder's error for bytes that are not of it
 */
export async function readBody(body: Readable, headers: IncomingHttpHeaders, maxBytes: number): Promise<ReadBody> {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  const parts: Buffer[] = [];
  if (coding === 'identity' || coding === '') {
    const cut = await collect(body, maxBytes, parts);
    return { bytes: Buffer.concat(parts), cut };
  }
  const makeDecoder = decoders.get(coding);
  if (makeDecoder === undefined) throw upstreamAnswerInvalid(new Error('unknown content coding'));
  const wire = { cut: false };
  // The pipeline ends both sides with each other; its error is the decoder's, which `collect` throws.
  const decoded = pipeline(upTo(body, maxBytes, wire), makeDecoder(), () => undefined);
  const cut = await collect(decoded, maxBytes, parts).catch((error: unknown) => {
    // Where we cut it off on the wire the decoder misses its end.
    if (!wire.cut) throw error;
    return true;
  });
  return { bytes: Buffer.concat(parts), cut: cut || wire.cut };
}

async function* upTo(body: Readable, maxBytes: number, wire: { cut: boolean }): AsyncGenerator<Buffer, undefined> {
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    wire.cut = size > maxBytes;
    if (wire.cut) return undefined;
    yield chunk;
  }
  return undefined;
}

/** @returns whether there was more than the cap; leaving it unread ends the stream, and with it the connection */
async function collect(body: Readable, maxBytes: number, into: Buffer[]): Promise<boolean> {
  let room = maxBytes;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    into.push(chunk.subarray(0, room));
    if (chunk.length > room) return true;
    room -= chunk.length;
  }
  return false;
}
