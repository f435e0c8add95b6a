import { createHash, randomBytes } from 'node:crypto';
import type { AuditOutcome } from '@plinth/contracts';
import { canonicalJson, type JsonObject, type JsonValue } from './canonical-json.js';
import { commitmentMember, commitmentOf, plainMemberName, saltBytes } from './commitment.js';
import { formatPointer, parsePointer, replaceAt, valueAt } from './json-pointer.js';

/** What an audit entry says, beside its id, its time and its place in the log. */
export interface AuditContent {
  readonly actor: { readonly type: string; readonly id: string | null };
  readonly action: string;
  readonly resource: { readonly type: string; readonly id: string | null };
  readonly outcome: AuditOutcome;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly traceId: string | null;
  readonly reason: string | null;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
}

/** One personal value and the salt of its commitment, 64 lower-case hex digits. */
export interface PersonalValue {
  readonly salt: string;
  readonly value: JsonValue;
}

/** What is left of a personal value whose subject was erased. */
export interface ErasedValue {
  readonly commitment: string;
}

/**
 * Content whose personal values are taken out (null stands in their place) and live in `personal`, under their RFC 6901 pointers,
 * once. They are kept encrypted (`personal-values.ts`).
 */
export interface SealedContent {
  readonly visible: AuditContent;
  readonly personal: Readonly<Record<string, PersonalValue | ErasedValue>>;
}

/** Content that was just taken in: nothing of it is erased yet. */
export interface FreshContent extends SealedContent {
  readonly personal: Readonly<Record<string, PersonalValue>>;
}

/** The content cannot be recorded as it is, or what is kept of it does not fit together. */
export class ContentError extends Error {
  override readonly name = 'ContentError';
}

const alwaysPersonal = ['/ip', '/userAgent'];
// The other fields are what the log is searched by; they name people by id only.
const mayBePersonal = new Set(['ip', 'userAgent', 'reason', 'before', 'after']);

/** Levels of objects and arrays within content. Requests hold at most 64; beyond some thousand, JavaScript's stack ends. */
const maxDepth = 100;

/**
 * Takes the personal values out of the content. A pointer that leads to nothing or to null is dropped: absence is
 * visible, and there is nothing to commit to. A pointer below another one is covered by it.
 *
 * @param personalPointers RFC 6901, into `reason`, `before` or `after`; `/ip` and `/userAgent` always are personal
 * @throws ContentError on a NUL character, which PostgreSQL cannot hold, more than 100 levels, or a pointer to any other field
 * @throws NotCanonicalError on what has no RFC 8785 form, e.g. a lone surrogate; PointerError on a malformed pointer
 */
export function sealContent(
  content: AuditContent,
  personalPointers: readonly string[],
  newSalt: () => Uint8Array = () => randomBytes(saltBytes),
): FreshContent {
  let visible = asJson(content);
  // An outbox's payload is jsonb, which holds neither of the two: refusing them here loses no honest entry.
  refuseUnstorable(visible);
  canonicalJson(visible);
  const personal: [string, PersonalValue][] = [];
  for (const tokens of outermost([...alwaysPersonal, ...personalPointers].map(personalPath))) {
    const value = valueAt(visible, tokens);
    if (value === undefined || value === null) continue;
    personal.push([formatPointer(tokens), { salt: Buffer.from(newSalt()).toString('hex'), value }]);
    visible = replaceAt(visible, tokens, null);
  }
  return { visible: visible as unknown as AuditContent, personal: Object.fromEntries(personal) };
}

/** The content as it was recorded, null for what was erased. @throws ContentError when the parts do not fit together: then someone changed them */
export function openContent(sealed: SealedContent): AuditContent {
  return compose(sealed, (name) => name, (kept) => ('value' in kept ? kept.value : null)) as unknown as AuditContent;
}

/**
 * SHA-256, lower-case hex, of the RFC 8785 JSON of the content in which each personal value stands as its commitment
 * (docs/adr/0003-audit-leaf.md).
 *
 * @throws ContentError when the parts do not fit together; NotCanonicalError when a value has no canonical form
 */
export function contentHashOf(sealed: SealedContent): string {
  return createHash('sha256').update(hashedContent(sealed), 'utf8').digest('hex');
}

/** The very text that `contentHashOf` hashes. */
export function hashedContent(sealed: SealedContent): string {
  return canonicalJson(
    compose(sealed, plainMemberName, (kept) =>
      commitmentMember('value' in kept ? commitmentOf(Buffer.from(kept.salt, 'hex'), kept.value) : kept.commitment),
    ),
  );
}

/** The visible content with something put in each personal place. Every entry of `personal` must have its place. */
function compose(
  { visible, personal }: SealedContent,
  rename: (name: string) => string,
  fill: (personal: PersonalValue | ErasedValue) => JsonValue,
): JsonValue {
  const unused = new Map(Object.entries(personal));
  const walk = (node: JsonValue, pointer: string, depth: number): JsonValue => {
    const taken = unused.get(pointer);
    if (taken !== undefined) {
      unused.delete(pointer);
      if (node !== null) throw new ContentError('A personal value stands in the visible content as well');
      return fill(taken);
    }
    if (typeof node !== 'object' || node === null) return node;
    refuseDepth(depth);
    if (Array.isArray(node)) return node.map((item, index) => walk(item, `${pointer}/${index}`, depth + 1));
    // At the top are the content's own names; only what callers put into before and after is renamed.
    const name = pointer === '' ? (own: string) => own : rename;
    return Object.fromEntries(
      Object.entries(node).map(([key, member]) => [name(key), walk(member, pointer + formatPointer([key]), depth + 1)]),
    );
  };
  const composed = walk(asJson(visible), '', 0);
  if (unused.size > 0) throw new ContentError('A personal value has no place in the visible content');
  return composed;
}

function personalPath(pointer: string): string[] {
  const tokens = parsePointer(pointer);
  if (!mayBePersonal.has(tokens[0] ?? '')) {
    throw new ContentError('Only ip, userAgent, reason, before and after can hold personal values');
  }
  return tokens;
}

/** The paths without those that lie below, or repeat, another of them. */
function outermost(paths: readonly string[][]): string[][] {
  const shortestFirst = paths.toSorted((one, other) => one.length - other.length);
  const kept: string[][] = [];
  for (const path of shortestFirst) {
    if (!kept.some((above) => above.every((token, index) => token === path[index]))) kept.push(path);
  }
  return kept;
}

function refuseUnstorable(node: JsonValue, depth = 0): void {
  if (typeof node === 'string' && node.includes('\0')) throw new ContentError('The content holds a NUL character');
  if (typeof node !== 'object' || node === null) return;
  refuseDepth(depth);
  if (!Array.isArray(node)) Object.keys(node).forEach((key) => refuseUnstorable(key));
  for (const member of Object.values(node)) refuseUnstorable(member, depth + 1);
}

function refuseDepth(depth: number): void {
  if (depth > maxDepth) throw new ContentError('The content is nested too deeply');
}

/** Content is JSON by its fields; a type with readonly members is just not assignable to one without. */
function asJson(content: AuditContent): JsonValue {
  return content as unknown as JsonValue;
}
