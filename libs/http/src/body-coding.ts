import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { transferErrors } from '@plinth/kernel';
import { httpErrors } from './http.errors.js';

/** RFC 9110, section 8.4.1; `x-gzip` is gzip. */
const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

/**
 * Takes the content coding off a body. No more than the limit is ever unpacked, so that a few bytes that stand for
 * gigabytes cost no more than a body of the limit.
 *
 * @throws Problem `body_too_large` (413) past the limit; `content_encoding_unsupported` (415) for any other coding, or more
 *   than one; `body_undecodable` (400)
 */
export async function decodeBody(body: Buffer, coding: string | undefined, limitBytes: number): Promise<Buffer> {
  const name = coding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return body;
  if (!isKnown(name)) throw httpErrors.contentEncodingUnsupported();
  try {
    return await decoders[name](body, { maxOutputLength: limitBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw transferErrors.bodyTooLarge(limitBytes);
    throw httpErrors.bodyUndecodable();
  }
}

function isKnown(name: string): name is keyof typeof decoders {
  return Object.hasOwn(decoders, name);
}
