import { looksSensitive } from '@plinth/logging';
import type { ModelAliases } from '../models/model-aliases.js';
import { completionErrors } from './completions.errors.js';
import { membersOf, type JsonMembers } from './json-members.js';
import { estimatePromptTokens, mostPromptTokens } from './token-estimate.js';

/** How long an answer may be, in tokens. */
export interface AnswerLimits {
  /** Where the caller gives no limit. */
  readonly usual: number;
  /** Whatever the caller asks for. */
  readonly most: number;
}

/** A caller's chat request: what this service minds of it, and the bytes that go to the provider. */
export interface ChatRequest {
  /** As the caller named it. */
  readonly model: string;
  /** As the provider knows it. */
  readonly providerModel: string;
  readonly stream: boolean;
  /** Whether the frame that tells the usage is the caller's to see. */
  readonly wantsUsage: boolean;
  /** Worked out only where a call ends without the provider's counts. */
  estimatedPromptTokens(): number;
  /** What the call can use at most, prompt and answers: `mostPromptTokens`, and for each answer the limit that `body` gives. */
  mostTokens(): number;
  /** The caller's bytes but for the splices that `readChatRequest` names. */
  readonly body: Buffer;
}

/**
 * Reads a chat request and makes the provider's body of it. The bytes are forwarded, not rebuilt, but
 * for three splices: an alias gives way to the model it stands for, a stream that does not ask for
 * its usage asks for it, and an answer without a limit, or with a higher one than ours, gets ours: what
 * is reserved before the call must be the most that it can use.
 *
 * @param body what `bytes` mean; the body parser has refused a name that is there twice
 * @throws Problem 400 for what cannot be understood, 404 for what is no model's name; all else is for the provider to judge
 */
export function readChatRequest(body: Readonly<Record<string, unknown>>, bytes: Buffer, aliases: ModelAliases, limits: AnswerLimits): ChatRequest {
  const { model, stream = false, stream_options: options = null } = body;
  if (typeof model !== 'string' || model === '' || model.length > 200) throw completionErrors.invalid('model', 'model must be a string of 1 to 200 characters.');
  if (!aliases.has(model) && !isModelName(model)) throw completionErrors.modelNotFound(null);
  if (stream !== null && typeof stream !== 'boolean') throw completionErrors.invalid('stream', 'stream must be true or false.');
  if (typeof options !== 'object' || Array.isArray(options)) throw completionErrors.invalid('stream_options', 'stream_options must be an object.');
  const text = bytes.toString('utf8');
  const found = membersOf(text);
  refuseLookAlikes(found);
  const answers = readCount(body, 'n', mostAnswers) ?? 1;
  const answerLimit = readAnswerLimit(body, found, limits);
  const providerModel = aliases.get(model) ?? model;
  const wantsUsage = (options as { include_usage?: unknown } | null)?.include_usage === true;
  const splices: Splice[] = [...answerLimit.splices];
  if (providerModel !== model) splices.push(replacement(found, 'model', JSON.stringify(providerModel)));
  if (stream === true && !wantsUsage) splices.push(askingForUsage(found, options as Record<string, unknown> | null));
  return {
    model,
    providerModel,
    stream: stream === true,
    wantsUsage,
    estimatedPromptTokens: () => estimatePromptTokens(body),
    mostTokens: () => mostPromptTokens(body, bytes.length) + answers * answerLimit.tokens,
    body: splices.length === 0 ? bytes : Buffer.from(spliced(text, splices)),
  };
}

/**
 * Whether a provider may have a model of that name. The name is kept with the usage and told to auditors, so an address or a key
 * that somebody sends in its place goes no further.
 */
function isModelName(model: string): boolean {
  return /^[\w@][\w.:/@+-]*$/.test(model) && !looksSensitive(model);
}

/** More than any provider gives to one request. */
const mostAnswers = 128;
/** More than any model answers; what stands between this and our own limit is lowered. */
const mostAsked = 1_000_000_000;
/** The newer name, which providers prefer, and the older one. */
const limitNames = ['max_completion_tokens', 'max_tokens'] as const;
const minded: ReadonlySet<string> = new Set(['model', 'stream', 'stream_options', 'n', ...limitNames]);

/** Providers that read names without regard to case (Go's encoding/json does) would take another value than we have read. */
function refuseLookAlikes({ members }: JsonMembers): void {
  for (const { name } of members) {
    // Both ways, for a long s has a capital of its own and the sign of Kelvin a small letter.
    const plain = name.toUpperCase().toLowerCase();
    if (minded.has(plain) && !minded.has(name)) throw completionErrors.invalid(plain, 'The member that param names must be written in lower case.');
  }
}

/** @returns undefined where the caller gives none */
function readCount(body: Readonly<Record<string, unknown>>, name: string, most: number): number | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > most) throw completionErrors.invalid(name, 'The member that param names must be a whole number from 1, and no more than any model takes.');
  return value as number;
}

/** The most tokens of one answer, and what makes the provider keep to it. */
function readAnswerLimit(body: Readonly<Record<string, unknown>>, found: JsonMembers, { usual, most }: AnswerLimits): { readonly tokens: number; readonly splices: readonly Splice[] } {
  const asked = limitNames.map((name) => ({ name, tokens: readCount(body, name, mostAsked) })).filter(({ tokens }) => tokens !== undefined);
  if (asked.length === 0) return { tokens: usual, splices: [withMember(found, present(found, limitNames) ?? limitNames[0], String(usual))] };
  const splices = asked.filter(({ tokens = 0 }) => tokens > most).map(({ name }) => replacement(found, name, String(most)));
  // Of two limits nobody knows which one the provider takes.
  return { tokens: Math.min(most, Math.max(...asked.map(({ tokens = 0 }) => tokens))), splices };
}

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function askingForUsage(found: JsonMembers, options: Record<string, unknown> | null): Splice {
  return withMember(found, 'stream_options', JSON.stringify({ ...options, include_usage: true }));
}

function present({ members }: JsonMembers, names: readonly string[]): string | undefined {
  return names.find((candidate) => members.some(({ name }) => name === candidate));
}

/** The member with another value, or the member where there is none. */
function withMember(found: JsonMembers, name: string, text: string): Splice {
  if (present(found, [name]) !== undefined) return replacement(found, name, text);
  // A request always has a member (its model), so a comma follows.
  return { from: found.bodyStart, to: found.bodyStart, text: `${JSON.stringify(name)}:${text},` };
}

function replacement({ members }: JsonMembers, name: string, text: string): Splice {
  const member = members.find((candidate) => candidate.name === name);
  if (member === undefined) throw new Error(`the body has no ${name}`);
  return { from: member.valueStart, to: member.valueEnd, text };
}

function spliced(text: string, splices: readonly Splice[]): string {
  // From the end, so that the positions before stay what they are.
  return [...splices].sort((a, b) => b.from - a.from).reduce((whole, { from, to, text: part }) => whole.slice(0, from) + part + whole.slice(to), text);
}
