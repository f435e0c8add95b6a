import { createHmac, timingSafeEqual } from 'node:crypto';
import { httpErrors } from './http.errors.js';

/**
 * The opaque `cursor` of a list: where the next page begins, under a MAC. It is bound to whatever decides the list
 * (tenant, route, filters), so that a cursor that was edited, or taken from another list or tenant, is refused.
 *
 * The position is signed and not hidden: put nothing into it that the caller may not see.
 */
export class SignedCursor {
  /** @param secrets entries of `CURSOR_SECRET`: the first signs, all verify */
  constructor(private readonly secrets: readonly Uint8Array[]) {
    if (secrets.length === 0) throw new Error('cursors need a secret');
  }

  /**
   * @param position of the last item of this page, as JSON
   * @param binding what the cursor is good for, in a fixed order
   */
  seal(position: unknown, binding: readonly (string | null)[]): string {
    const payload = Buffer.from(JSON.stringify(position)).toString('base64url');
    return `${payload}.${macOf(this.secrets[0] as Uint8Array, payload, binding)}`;
  }

  /**
   * The position that `seal` was given.
   *
   * @throws Problem `cursor_invalid` (400)
   */
  open(cursor: string, binding: readonly (string | null)[]): unknown {
    const [payload = '', mac = '', ...rest] = cursor.split('.');
    const genuine = this.secrets.some((secret) => equal(mac, macOf(secret, payload, binding)));
    if (!genuine || rest.length > 0) throw httpErrors.cursorInvalid();
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as unknown;
  }
}

/** Over the text of the payload, and compared as text: base64url can spell the same bytes in more than one way. */
function macOf(secret: Uint8Array, payload: string, binding: readonly (string | null)[]): string {
  return createHmac('sha256', secret).update(JSON.stringify(['plinth-cursor-v1', payload, ...binding])).digest('base64url');
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
