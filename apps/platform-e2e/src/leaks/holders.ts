import type { PlantKind } from './plants.js';

/** A place that holds what callers send because that is its purpose, the kinds of plants it may hold, and why. */
interface Holder {
  /** `schema.table.column`, each of which the data map has as personal (`holders.spec.ts`). */
  readonly places: readonly string[];
  readonly kinds: readonly PlantKind[];
  readonly why: string;
}

/** What a message is made of that a stranger put onto a topic. */
const anything: readonly PlantKind[] = ['email', 'password', 'token', 'apiKey', 'card', 'signature', 'attachment', 'prompt', 'payload', 'lineBreak', 'name'];

/** The whole list: everywhere else there is nothing. No place holds a password, a token, a key, a prompt or an attachment that a request carried. */
export const holders: readonly Holder[] = [
  { places: ['tenancy.account.email'], kinds: ['email'], why: 'an account signs in by its address' },
  { places: ['tenancy.mailed_token.email'], kinds: ['email'], why: 'a link proves the address that it was sent to, and no later one; purged a week after it expires' },
  { places: ['tenancy.tenant.name', 'tenancy.tenant.slug', 'tenancy.tenant.contact_email', 'tenancy.tenant.settings', 'tenancy.tenant.search_words'], kinds: ['name', 'email', 'payload'], why: "the tenant's own data" },
  { places: ['tenancy.session.user_agent'], kinds: ['email'], why: 'people are shown by what they are signed in, as it names itself' },
  { places: ['tenancy.invitation.email'], kinds: ['email'], why: 'whom the tenant has asked to join it' },
  { places: ['tenancy.role.name'], kinds: ['name'], why: 'what the tenant called a role of its own' },
  { places: ['tenancy.credential.issuer', 'tenancy.credential.reason'], kinds: ['name', 'payload'], why: 'who issued a licence, as its member says, and why it was rejected or withdrawn; the number is sealed' },
  { places: ['tenancy.operator_access.reason'], kinds: ['payload'], why: 'what an operator asked to look into a tenant for, which the tenant reads' },
  { places: ['tenancy.api_key.name'], kinds: ['name'], why: 'what its maker called the key' },
  { places: ['tenancy.legal_hold.reason', 'tenancy.legal_hold.release_reason'], kinds: ['name', 'payload'], why: 'why something is held, in the words of who decided it' },
  { places: ['tenancy.event_outbox.payload'], kinds: ['email', 'name', 'payload', 'prompt'], why: 'events tell what changed, to the audit trail with before and after; purged a day after they are published' },
  { places: ['audit.entry.before', 'audit.entry.after', 'audit.entry.reason'], kinds: ['email', 'name', 'payload', 'prompt'], why: "the trail tells the tenant's auditors who changed what, from where and why" },
  { places: ['relay.dead_letter.key', 'relay.dead_letter.value', 'relay.dead_letter.headers'], kinds: anything, why: 'a dead letter is kept byte for byte, to be sent again' },
];

export function mayHold(place: string, kind: string): boolean {
  return holders.some((holder) => holder.places.includes(place) && holder.kinds.some((held) => held === kind));
}
