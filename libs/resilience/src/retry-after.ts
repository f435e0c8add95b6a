/**
 * The wait that an answer asks for before the next try, in milliseconds; 0 where it names none.
 * `Retry-After` holds seconds or a date (RFC 9110, section 10.2.3); `retry-after-ms` is OpenAI's finer one.
 */
export function retryAfterMs(headers: Readonly<Record<string, string | string[] | undefined>>, nowMs = Date.now()): number {
  const finer = headers['retry-after-ms'];
  if (typeof finer === 'string' && /^\d{1,9}(\.\d+)?$/.test(finer)) return Number(finer);
  const value = headers['retry-after'];
  if (typeof value !== 'string') return 0;
  if (/^\d{1,6}(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? 0 : Math.max(0, at - nowMs);
}
