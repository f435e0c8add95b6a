import type { PlantKind } from './plants.js';

/** A place that holds what callers send because that is its purpose, the kinds of plants it may hold, and why. */
interface Holder {
  readonly place: RegExp;
  readonly kinds: readonly PlantKind[];
  readonly why: string;
}

/** What a message is made of that a stranger put onto a topic. */
const anything: readonly PlantKind[] = ['email', 'password', 'token', 'apiKey', 'card', 'signature', 'attachment', 'prompt', 'payload', 'lineBreak', 'name'];

/** The whole list: everywhere else there is nothing. No place holds a password, a token, a key, a prompt or an attachment that a request carried. */
export const holders: readonly Holder[] = [
  { place: /^tenancy\.account\.email$/, kinds: ['email'], why: 'an account signs in by its address' },
  { place: /^tenancy\.mailed_token\.email$/, kinds: ['email'], why: 'a link proves the address that it was sent to, and no later one; purged a week after it expires' },
  { place: /^tenancy\.tenant\.(name|slug|contact_email|settings|search_words)$/, kinds: ['name', 'email', 'payload'], why: "the tenant's own data" },
  { place: /^tenancy\.invitation\.email$/, kinds: ['email'], why: 'whom the tenant has asked to join it' },
  { place: /^tenancy\.role\.name$/, kinds: ['name'], why: 'what the tenant called a role of its own' },
  { place: /^tenancy\.api_key\.name$/, kinds: ['name'], why: 'what its maker called the key' },
  { place: /^tenancy\.event_outbox\.payload$/, kinds: ['email', 'name', 'payload', 'prompt'], why: 'events tell what changed, to the audit trail with before and after; purged a day after they are published' },
  { place: /^audit\.entry\.(before|after|personal|reason)$/, kinds: ['email', 'name', 'payload', 'prompt'], why: "the trail tells the tenant's auditors who changed what, from where and why" },
  { place: /^relay\.dead_letter\.(key|value|headers)$/, kinds: anything, why: 'a dead letter is kept byte for byte, to be sent again' },
];

export function mayHold(place: string, kind: string): boolean {
  return holders.some((holder) => holder.place.test(place) && holder.kinds.some((held) => held === kind));
}
