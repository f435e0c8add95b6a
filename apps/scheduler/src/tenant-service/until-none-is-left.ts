import type { ServiceConnection } from '@plinth/auth';

/** A call works through a hundred, each in a transaction of its own. Below the 30 s that a signature is good for. */
const timeoutMs = 25_000;

/**
 * Has tenant-service work through what is due until none is left, a part a call.
 *
 * @param path what answers `{<count>: integer, more: boolean}` to an empty POST, and can be repeated
 * @returns how many there were
 * @throws Problem where tenant-service cannot be asked or could not do one; the signal's reason at once
 */
export async function untilNoneIsLeft({ calls }: ServiceConnection, path: string, count: string, signal: AbortSignal): Promise<number> {
  let all = 0;
  for (;;) {
    signal.throwIfAborted();
    const answer = await calls.json({ method: 'POST', path, headers: { 'content-type': 'application/json' }, body: '{}', idempotent: true, timeoutMs });
    const { [count]: done, more } = (answer ?? {}) as Record<string, unknown>;
    if (!Number.isSafeInteger(done) || typeof more !== 'boolean') throw new Error('the answer of tenant-service has another form');
    all += done as number;
    // Where nothing could be done another run is at it.
    if (!more || done === 0) return all;
  }
}
