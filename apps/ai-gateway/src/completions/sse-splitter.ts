import { completionErrors } from './completions.errors.js';

/** One event of a stream: its bytes, to be passed on as they are, and what they say. */
export interface SseFrame {
  readonly bytes: Buffer;
  /** The `data` lines joined; null for a comment or an event without data. */
  readonly data: string | null;
}

/** More than any answer of a model has in a frame; a line without an end must not fill the memory. */
export const maxFrameBytes = 4 * 1_048_576;

const lf = 0x0a;
const cr = 0x0d;

/**
 * Splits a stream of server-sent events (WHATWG HTML, section 9.2) into its frames, wherever the chunks
 * of the network end. A frame ends with an empty line, and a line with LF or CRLF; the lone CR of the
 * specification is not known here, for no provider writes it.
 */
export class SseSplitter {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  /** Of the line that the last chunk left open. */
  private openLineBytes = 0;
  private lastByte = 0;

  /** The frames that the chunk completes. @throws Problem for a frame past `maxFrameBytes` */
  push(chunk: Buffer): SseFrame[] {
    const frames: SseFrame[] = [];
    let frameStart = 0;
    let lineStart = 0;
    for (let at = chunk.indexOf(lf); at !== -1; at = chunk.indexOf(lf, lineStart)) {
      const length = this.openLineBytes + at - lineStart;
      const before = at === 0 ? this.lastByte : chunk[at - 1];
      if (length === 0 || (length === 1 && before === cr)) {
        frames.push(this.take(chunk.subarray(frameStart, at + 1)));
        frameStart = at + 1;
      }
      this.openLineBytes = 0;
      lineStart = at + 1;
    }
    this.openLineBytes += chunk.length - lineStart;
    this.lastByte = chunk.at(-1) ?? this.lastByte;
    this.keep(chunk.subarray(frameStart));
    return frames;
  }

  private take(rest: Buffer): SseFrame {
    const bytes = this.pending.length === 0 ? rest : Buffer.concat([...this.pending, rest]);
    this.pending = [];
    this.pendingBytes = 0;
    return { bytes, data: dataOf(bytes) };
  }

  private keep(rest: Buffer): void {
    if (rest.length === 0) return;
    this.pendingBytes += rest.length;
    if (this.pendingBytes > maxFrameBytes) throw completionErrors.providerFault(new Error('a frame of the stream is too long'));
    this.pending.push(rest);
  }
}

function dataOf(frame: Buffer): string | null {
  const lines: string[] = [];
  for (const line of frame.toString('utf8').split(/\r?\n/)) {
    if (line === 'data') lines.push('');
    else if (line.startsWith('data:')) lines.push(line.slice(line[5] === ' ' ? 6 : 5));
  }
  return lines.length === 0 ? null : lines.join('\n');
}
