import { looksSensitive } from '@plinth/logging';
import type { ModelAliases } from '../models/model-aliases.js';
import { completionErrors } from './completions.errors.js';
import { membersOf, type JsonMembers } from './json-members.js';
import { estimatePromptTokens } from './token-estimate.js';

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
  /** The caller's bytes but for the splices that `readChatRequest` names. */
  readonly body: Buffer;
}

/**
 * Reads a chat request and makes the provider's body of it. The bytes are forwarded, not rebuilt, but
 * for two splices: an alias gives way to the model it stands for, and a stream that does not ask for
 * its usage asks for it.
 *
 * @param body what `bytes` mean; the body parser has refused a name that is there twice
 * @throws Problem 400 for what cannot be understood, 404 for what is no model's name; all else is for the provider to judge
 */
export function readChatRequest(body: Readonly<Record<string, unknown>>, bytes: Buffer, aliases: ModelAliases): ChatRequest {
  const { model, stream = false, stream_options: options = null } = body;
  if (typeof model !== 'string' || model === '' || model.length > 200) throw completionErrors.invalid('model', 'model must be a string of 1 to 200 characters.');
  if (!aliases.has(model) && !isModelName(model)) throw completionErrors.modelNotFound(null);
  if (stream !== null && typeof stream !== 'boolean') throw completionErrors.invalid('stream', 'stream must be true or false.');
  if (typeof options !== 'object' || Array.isArray(options)) throw completionErrors.invalid('stream_options', 'stream_options must be an object.');
  const text = bytes.toString('utf8');
  const found = membersOf(text);
  const providerModel = aliases.get(model) ?? model;
  const wantsUsage = (options as { include_usage?: unknown } | null)?.include_usage === true;
  const splices: Splice[] = [];
  if (providerModel !== model) splices.push(replacement(found, 'model', JSON.stringify(providerModel)));
  if (stream === true && !wantsUsage) splices.push(askingForUsage(found, options as Record<string, unknown> | null));
  return {
    model,
    providerModel,
    stream: stream === true,
    wantsUsage,
    estimatedPromptTokens: () => estimatePromptTokens(body),
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

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function askingForUsage(found: JsonMembers, options: Record<string, unknown> | null): Splice {
  const asking = JSON.stringify({ ...options, include_usage: true });
  if (found.members.some(({ name }) => name === 'stream_options')) return replacement(found, 'stream_options', asking);
  // A request always has a member (its model), so a comma follows.
  return { from: found.bodyStart, to: found.bodyStart, text: `"stream_options":${asking},` };
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
