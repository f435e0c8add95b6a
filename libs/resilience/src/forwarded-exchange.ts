import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { transferErrors } from '@plinth/kernel';
import type { Dispatcher } from 'undici';
import { endToEndHeaders } from './headers.js';
import { ClientLeft, type RequestBody } from './request-body.js';
import { asUpstreamProblem, upstreamTimedOut } from './upstream-problem.js';

/** How an exchange ended after the other side had begun to answer. */
export type ForwardEnding = 'complete' | 'client_left' | 'upstream_cut' | 'client_stalled';

/** What became of a request that was passed on. */
export interface ForwardOutcome {
  /** The status that the client was sent; undefined when it left before. */
  readonly status: number | undefined;
  readonly ending: ForwardEnding;
}

/** What an exchange joins, and its limits; they mean what they mean in `ForwardOptions`. */
export interface ExchangeOptions {
  readonly response: ServerResponse<IncomingMessage>;
  readonly body: RequestBody | undefined;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Set on the answer, instead of what the other side says under the same names (lower case). */
  readonly answerHeaders: Readonly<Record<string, string>>;
  readonly dropAnswerHeader: (name: string) => boolean;
}

const ignoreError = (): void => undefined;

/**
 * One request on its way through: the handler that undici tells of the answer, which it writes to
 * the client as it comes, no faster than the client reads.
 */
export class ForwardedExchange implements Dispatcher.DispatchHandler {
  /** Resolves with the status when the answer begins. Rejects, with nothing sent to the client, with the reason. */
  readonly started: Promise<number>;
  /** Resolves when the answer has ended, however. Never rejects; pending for good if it never begins. */
  readonly finished: Promise<ForwardOutcome>;

  private state: 'waiting' | 'answering' | 'done' = 'waiting';
  private controller: Dispatcher.DispatchController | undefined;
  private abortReason: Error | undefined;
  private bodyWritten = false;
  private stallTimer: NodeJS.Timeout | undefined;
  private readonly firstByteTimer: NodeJS.Timeout;
  private readonly response: ServerResponse<IncomingMessage>;
  private resolveStarted!: (status: number) => void;
  private rejectStarted!: (reason: Error) => void;
  private resolveFinished!: (outcome: ForwardOutcome) => void;

  constructor(private readonly options: ExchangeOptions) {
    this.response = options.response;
    this.started = new Promise((resolve, reject) => {
      this.resolveStarted = resolve;
      this.rejectStarted = reject;
    });
    this.finished = new Promise((resolve) => {
      this.resolveFinished = resolve;
    });
    this.firstByteTimer = setTimeout(this.onFirstByteLate, options.firstByteTimeoutMs);
    this.response.on('close', this.onClientClose);
    // A write may meet a connection that has just gone; `close` tells us, the error must not end the process.
    this.response.on('error', ignoreError);
  }

  /** The client has sent something: the time limit to the first byte begins anew. */
  readonly noteProgress = (): void => {
    if (this.state === 'waiting') this.firstByteTimer.refresh();
  };

  /** undici has a connection for it. Where the exchange was given up meanwhile it ends here, with nothing sent. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.abortReason !== undefined) controller.abort(this.abortReason);
  }

  /** The head of an answer, interim ones too: only the final one goes to the client, and stops the time limit to the first byte. */
  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Interim answers (RFC 9110, section 15.2) end at this hop.
    if (status < 200) return;
    if (this.state !== 'waiting') {
      controller.abort(new ClientLeft());
      return;
    }
    this.state = 'answering';
    clearTimeout(this.firstByteTimer);
    this.response.writeHead(status, this.answerHeaders(headers));
    // Headers wait for the first chunk, to go out with it; when that takes longer they go alone.
    setImmediate(() => {
      if (this.state === 'answering' && !this.bodyWritten) this.response.flushHeaders();
    });
    this.resolveStarted(status);
  }

  /** A part of the body. Where the client does not keep up the other side is paused, for `idleTimeoutMs` at most. */
  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.state !== 'answering') return;
    this.bodyWritten = true;
    if (this.response.write(chunk)) return;
    controller.pause();
    this.stallTimer = setTimeout(() => this.cut('client_stalled'), this.options.idleTimeoutMs);
    this.response.once('drain', () => {
      clearTimeout(this.stallTimer);
      controller.resume();
    });
  }

  /** The whole answer is here; the client may still be reading it. */
  onResponseEnd(): void {
    if (this.state !== 'answering') return;
    this.response.end();
    this.finish('complete');
  }

  /** Before the answer the caller is told, who can still send one; after its begin the client is cut off, to see that it is not whole. */
  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.state === 'waiting') this.fail(error instanceof ClientLeft ? error : asUpstreamProblem(error));
    else if (this.state === 'answering') this.cut(error instanceof ClientLeft ? 'client_left' : 'upstream_cut');
  }

  private answerHeaders(headers: IncomingHttpHeaders): string[] {
    const { answerHeaders, dropAnswerHeader } = this.options;
    const list = endToEndHeaders(headers, (name) => name in answerHeaders || dropAnswerHeader(name));
    for (const [name, value] of Object.entries(answerHeaders)) list.push(name, value);
    return list;
  }

  private readonly onFirstByteLate = (): void => {
    // Whoever is waited for is at fault: a client that does not send, or the other side.
    if (this.options.body?.waitsForClient === true) {
      this.fail(transferErrors.requestTimeout({ connection: 'close' }));
    } else this.fail(upstreamTimedOut());
  };

  private readonly onClientClose = (): void => {
    if (this.state === 'waiting') this.fail(new ClientLeft());
    else if (this.state === 'answering') this.cut('client_left');
  };

  /** Ends before the answer began: the caller may still answer the client. */
  private fail(reason: Error): void {
    this.settle();
    this.rejectStarted(reason);
    this.abort(reason);
  }

  /** Ends in the middle of the answer: the client must see that it is not whole. */
  private cut(ending: ForwardEnding): void {
    this.finish(ending);
    this.response.destroy();
    this.abort(new ClientLeft());
  }

  private finish(ending: ForwardEnding): void {
    this.settle();
    this.resolveFinished({ status: this.response.statusCode, ending });
  }

  private settle(): void {
    this.state = 'done';
    clearTimeout(this.firstByteTimer);
    clearTimeout(this.stallTimer);
    this.response.off('close', this.onClientClose);
  }

  private abort(reason: Error): void {
    // Not begun yet: `onRequestStart` will see the reason.
    this.abortReason = reason;
    this.controller?.abort(reason);
  }
}
