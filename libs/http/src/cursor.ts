import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { httpErrors } from './http.errors.js';
import { defaultPageSize, type PageQuery } from './page-query.js';

/** What decides a list, in a fixed order: its name, the tenant, each filter. */
export type CursorBinding = readonly (string | null)[];

/** How one list is read, page by page. */
export interface ListReading<Row, Position> {
  readonly binding: CursorBinding;
  /** The rows behind a position (null: from the beginning), at most so many. */
  readonly read: (after: Position | null, rows: number) => Promise<readonly Row[]>;
  /** Where a row stands, as JSON that the caller may see. */
  readonly positionOf: (row: Row) => Position;
}

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
   * Reads the page that the query asks for.
   *
   * @throws Problem `cursor_invalid` (400)
   */
  async readPage<Row, Position>({ cursor, limit }: PageQuery, { binding, read, positionOf }: ListReading<Row, Position>): Promise<{ rows: readonly Row[]; nextCursor: string | null }> {
    const wanted = limit === undefined ? defaultPageSize : Number(limit);
    const after = cursor === undefined ? null : (this.open(cursor, binding) as Position);
    // One more than asked for tells whether there is a next page.
    const found = await read(after, wanted + 1);
    const rows = found.slice(0, wanted);
    const last = rows.at(-1);
    return { rows, nextCursor: found.length > wanted && last !== undefined ? this.seal(positionOf(last), binding) : null };
  }

  /**
   * @param position of the last item of this page, as JSON
   * @param binding what the cursor is good for
   */
  seal(position: unknown, binding: CursorBinding): string {
    const payload = Buffer.from(JSON.stringify(position)).toString('base64url');
    return `${payload}.${macOf(this.secrets[0] as Uint8Array, payload, binding)}`;
  }

  /**
   * The position that `seal` was given.
   *
   * @throws Problem `cursor_invalid` (400)
   */
  open(cursor: string, binding: CursorBinding): unknown {
    const [payload = '', mac = '', ...rest] = cursor.split('.');
    const genuine = this.secrets.some((secret) => equal(mac, macOf(secret, payload, binding)));
    if (!genuine || rest.length > 0) throw httpErrors.cursorInvalid();
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as unknown;
  }
}

/** Over the text of the payload, and compared as text: base64url can spell the same bytes in more than one way. */
function macOf(secret: Uint8Array, payload: string, binding: CursorBinding): string {
  return createHmac('sha256', createSecretKey(secret)).update(JSON.stringify(['plinth-cursor-v1', payload, ...binding])).digest('base64url');
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
