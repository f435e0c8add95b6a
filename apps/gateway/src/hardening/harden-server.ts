import type { Server } from 'node:http';
import type { Logger } from '@plinth/logging';
import { answerMalformedHttp } from './malformed-http.js';
import { securityHeaders } from './security-headers.js';

const headers = new Map<string, string>(Object.entries(securityHeaders));

/** Before any handler sees a request: the security headers are on its answer, and what is no request is refused. */
export function hardenServer(server: Server, logger: Logger): void {
  server.prependListener('request', (_request, response) => response.setHeaders(headers));
  answerMalformedHttp(server, logger);
}
