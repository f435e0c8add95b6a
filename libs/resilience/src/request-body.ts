import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { transferErrors, type Problem } from '@plinth/kernel';

/** Bytes of a refused body that are read and thrown away, so that the client gets to see the answer. */
const DISCARD_LIMIT_BYTES = 64 * 1024 * 1024;

/** Problem `body_too_large` (413) that names the limit. */
export function bodyTooLarge(limitBytes: number): Problem {
  return transferErrors.bodyTooLarge(limitBytes);
}

/** The client went away before it had sent all, or before it had all. */
export class ClientLeft extends Error {
  constructor() {
    super('the client left');
    this.name = 'ClientLeft';
  }
}

/**
 * The body of an incoming request as a stream of its own: counted against a limit, no faster than
 * its reader, and one that can be destroyed without the client's connection, which must stay for
 * the answer.
 */
export class RequestBody extends Readable {
  private attached = false;
  private received = 0;

  /**
   * @param limitBytes one byte more destroys the stream with Problem `body_too_large` (413)
   * @param onProgress called for each chunk that came
   */
  constructor(
    private readonly source: IncomingMessage,
    private readonly limitBytes: number,
    private readonly onProgress: () => void,
  ) {
    super();
    // Its reader hears of errors; one that comes after the reader has gone must not end the process.
    this.on('error', () => undefined);
  }

  /** Whether the stream waits for the client and not for its reader. */
  get waitsForClient(): boolean {
    return !this.source.complete && !this.source.isPaused();
  }

  /** Node calls it when the reader has room: only then is the client asked for more. */
  override _read(): void {
    if (!this.attached) {
      this.attached = true;
      this.source.on('data', this.onData).on('end', this.onEnd).on('close', this.onClose).on('error', this.onClose);
    }
    this.source.resume();
  }

  /** Node calls it once. The request is let go of and not destroyed: its connection carries the answer. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.source.off('data', this.onData).off('end', this.onEnd).off('close', this.onClose);
    // The error listener stays: an error without one would end the process.
    callback(error);
  }

  private readonly onData = (chunk: Buffer): void => {
    this.received += chunk.length;
    this.onProgress();
    if (this.received > this.limitBytes) this.destroy(bodyTooLarge(this.limitBytes));
    else if (!this.push(chunk)) this.source.pause();
  };

  private readonly onEnd = (): void => {
    this.push(null);
  };

  private readonly onClose = (): void => {
    if (!this.source.complete) this.destroy(new ClientLeft());
  };
}

/** Whether the request announces a body (RFC 9112, section 6). */
export function announcesBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  return coding !== undefined || (length !== undefined && length !== '0');
}

/**
 * Reads and throws away what is left of a body that nobody wants, up to a bound: closing at once
 * would reset the connection and take the answer with it.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let discarded = 0;
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > DISCARD_LIMIT_BYTES) request.socket.destroy();
  });
  request.resume();
}
