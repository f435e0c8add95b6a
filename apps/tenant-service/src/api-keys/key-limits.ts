import { networkText, parseNetwork } from '@plinth/kernel';
import { apiKeyErrors } from './api-keys.errors.js';

/** @param text ISO 8601 with a zone, null for never. @throws Problem `expiry_past` (422) */
export function expiryOf(text: string | null, now: Date): Date | null {
  if (text === null) return null;
  const expiry = new Date(text);
  if (expiry <= now) throw apiKeyErrors.expiryPast();
  return expiry;
}

/** One way to write each, so that two that are equal look equal. @throws Error for what is no network: the body was validated */
export function networksOf(texts: readonly string[]): readonly string[] {
  const written = texts.map((text) => {
    const network = parseNetwork(text);
    if (network === null) throw new Error('the networks of a key were not validated');
    return networkText(network);
  });
  return [...new Set(written)];
}
