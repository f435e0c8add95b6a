import { completion, doneFrame, errorBody, frame, framesOf, piecesFor, toolCompletion, type ChatRequest } from './completion.ts';
import type { Exchange } from './exchange.ts';
import type { Fault } from './faults.ts';

const json = 'application/json';
const eventStream = 'text/event-stream; charset=utf-8';
const longLineBytes = 10_000_000;
const endlessFrameMs = 20;

interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

const failure = { status: 500, body: errorBody('stack trace of secret-host-1', 'server_error', null) };

/** Faults that answer with a status at once. Their bodies hold what must not reach a caller of ours. */
const refusals: Partial<Readonly<Record<Fault, (request: ChatRequest) => Refusal>>> = {
  '400': ({ prompt }) => ({ status: 400, body: errorBody(`Too long: ${prompt}`, 'invalid_request_error', 'context_length_exceeded', 'messages') }),
  '429': () => ({ status: 429, body: errorBody('org-secret-1 is over its rate', 'requests', 'rate_limit_exceeded'), headers: { 'retry-after': '30' } }),
  '429-then-ok': () => ({ status: 429, body: errorBody('later', 'requests', 'rate_limit_exceeded'), headers: { 'retry-after': '1' } }),
  '500': () => failure,
  '500-then-ok': () => failure,
  '503': () => ({ status: 503, body: errorBody('overloaded secret-host-1', 'server_error', null), headers: { 'retry-after': '2' } }),
};

/** Answers a call as the fault says, or well. */
export async function answerChat(exchange: Exchange, request: ChatRequest, fault: Fault | null, slowMs: number): Promise<void> {
  const refused = fault === null ? undefined : refusals[fault]?.(request);
  if (refused !== undefined) return exchange.answer(refused.status, refused.body, refused.headers);
  if (fault === 'reset' || fault === 'reset-then-ok') return exchange.reset();
  if (fault === 'slow') await exchange.wait(slowMs);
  if (fault === 'html') {
    exchange.head(200, 'text/html');
    return exchange.end('<html><body>Welcome to secret-host-1</body></html>');
  }
  if (request.stream) await stream(exchange, request, fault);
  else await whole(exchange, request, fault);
}

async function whole(exchange: Exchange, request: ChatRequest, fault: Fault | null): Promise<void> {
  const text = fault === 'tools' ? toolCompletion(request) : completion(request, piecesFor(request.prompt));
  if (fault === 'malformed') return exchange.answer(200, `${text.slice(0, 40)} secret-host-1`);
  if (fault === 'long-line') return exchange.answer(200, JSON.stringify({ choices: ['x'.repeat(longLineBytes * 3)] }));
  const half = Math.floor(text.length / 2);
  if (fault === 'hang' || fault === 'stall' || fault === 'endless') {
    exchange.head(200, json);
    exchange.flush();
    if (fault !== 'hang') await exchange.write(text.slice(0, half));
    return;
  }
  if (fault === 'cut') {
    exchange.head(200, json, { 'content-length': String(text.length) });
    await exchange.write(text.slice(0, half));
    return exchange.reset();
  }
  if (fault === 'cut-clean') return exchange.answer(200, text.slice(0, half));
  if (fault === 'no-usage') return exchange.answer(200, JSON.stringify({ ...(JSON.parse(text) as object), usage: undefined }));
  if (fault === 'drip') {
    exchange.head(200, json);
    return drip(exchange, text);
  }
  exchange.answer(200, text);
}

async function stream(exchange: Exchange, request: ChatRequest, fault: Fault | null): Promise<void> {
  const frames = framesOf(request, piecesFor(request.prompt), request.includeUsage && fault !== 'no-usage');
  exchange.head(200, eventStream, { 'cache-control': 'no-cache' });
  exchange.flush();
  if (fault === 'hang') return;
  if (fault === 'drip') return drip(exchange, `${frames.join('')}${doneFrame}`);
  if (fault === 'endless') return endless(exchange, frames[1] ?? '');
  if (fault === 'long-line') return exchange.end(`data: ${'x'.repeat(longLineBytes)}\n\n${doneFrame}`);
  const whole = fault === null || fault === 'slow' || fault === 'no-usage' || fault === 'tools' || fault.endsWith('-then-ok');
  for (const next of whole ? frames : frames.slice(0, 3)) await exchange.write(next);
  if (whole) return exchange.end(doneFrame);
  await breakOff(exchange, frames, fault);
}

async function breakOff(exchange: Exchange, frames: readonly string[], fault: Fault): Promise<void> {
  if (fault === 'cut') {
    await exchange.write((frames[3] ?? '').slice(0, 25));
    exchange.reset();
  } else if (fault === 'cut-clean') exchange.end();
  else if (fault === 'error-frame') exchange.end(frame(errorBody('secret-host-1 failed', 'server_error', null)));
  else if (fault === 'malformed') exchange.end(`${frame('{"choices": secret-host-1')}${doneFrame}`);
  // `stall` says nothing more and keeps the connection.
}

async function endless(exchange: Exchange, text: string): Promise<void> {
  while (!exchange.gone) {
    await exchange.write(text);
    await exchange.wait(endlessFrameMs);
  }
}

async function drip(exchange: Exchange, text: string): Promise<void> {
  const bytesAtOnce = 7;
  for (let at = 0; at < text.length && !exchange.gone; at += bytesAtOnce) await exchange.write(text.slice(at, at + bytesAtOnce));
  exchange.end();
}
