import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { httpErrors, problemContentType, problemDocument } from '@plinth/http';
import { newId, transferErrors, type Problem } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import { hardeningErrors } from './hardening.errors.js';
import { securityHeaders } from './security-headers.js';

/** First lines longer than this make an overflow of the header a matter of the URL. */
const LONG_REQUEST_LINE = 8_192;
/** How long a refused connection may still send before it is cut: closing at once could take the answer with it. */
const LINGER_MS = 500;

interface ClientError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

/**
 * Answers what is no HTTP request with a problem document, and closes the connection: after a
 * message that two parsers could read differently nothing on that connection can be trusted.
 */
export function answerMalformedHttp(server: Server, logger: Logger): void {
  const exchanges = new WeakMap<Duplex, ServerResponse<IncomingMessage>>();
  const refused = new WeakSet<Duplex>();

  function refuse(socket: Duplex, problem: Problem): void {
    refused.add(socket);
    logger.info('malformed request refused', { code: problem.code, status: problem.status });
    socket.end(rawAnswer(problem));
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  }

  server.on('request', (request, response) => exchanges.set(request.socket, response));
  server.removeAllListeners('clientError');
  server.on('clientError', (error: ClientError, socket: Duplex) => {
    if (refused.has(socket)) return;
    const current = exchanges.get(socket);
    const answering = current !== undefined && !current.writableFinished && (current.headersSent || current.req.complete);
    // Bytes written now would be read as part of the answer that is on its way.
    if (error.code === 'ECONNRESET' || !socket.writable || answering) socket.destroy();
    else refuse(socket, problemOf(error));
  });
  // There is no way through for a tunnel. Without a listener Node closes the connection without a word.
  server.on('connect', (_request, socket) => {
    refuse(socket, httpErrors.methodNotAllowed([]));
  });
  // RFC 9110, section 10.1.1: an expectation that is not understood may be ignored.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

function problemOf(error: ClientError): Problem {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return transferErrors.requestTimeout();
  if (error.code !== 'HPE_HEADER_OVERFLOW') return hardeningErrors.httpMalformed();
  return startsWithLongLine(error.rawPacket)
    ? httpErrors.urlTooLong(`A URL has at most ${LONG_REQUEST_LINE} characters.`)
    : hardeningErrors.headersTooLarge();
}

function startsWithLongLine(packet: Buffer | undefined): boolean {
  const end = packet?.indexOf('\r\n') ?? 0;
  return end === -1 || end > LONG_REQUEST_LINE;
}

function rawAnswer(problem: Problem): string {
  const requestId = newId();
  const body = JSON.stringify(problemDocument(problem, '/', requestId));
  const headers = {
    ...securityHeaders,
    ...problem.extra.headers,
    'content-type': problemContentType,
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-request-id': requestId,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}
