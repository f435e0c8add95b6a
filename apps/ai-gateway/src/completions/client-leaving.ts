import type { IncomingMessage, ServerResponse } from 'node:http';

/** Aborted when the caller goes away before it has its answer. */
export function whenClientLeaves(response: ServerResponse<IncomingMessage>): AbortSignal {
  const leaving = new AbortController();
  if (response.destroyed) leaving.abort();
  response.once('close', () => {
    if (!response.writableFinished) leaving.abort();
  });
  return leaving.signal;
}
