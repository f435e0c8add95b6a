import { readTopics, type LoggedEvent } from '@plinth/dev-stack';
import { eventually } from '@plinth/testing';
import type { runningStack } from '../stack.js';
import type { Write, WriteLoad } from './write-load.js';

type Stack = ReturnType<typeof runningStack>;

/** What became of a load: every list empty is what the suite promises. */
export interface Conservation {
  readonly answered: number;
  /** Writes that were sent and never answered 2xx, although the load waited. */
  readonly unanswered: readonly string[];
  /** Where a write that was answered 2xx is missing. */
  readonly lost: readonly string[];
  /** Where an effect is that happened more than once, or that nobody asked for. */
  readonly doubled: readonly string[];
  /** Where an aggregate's events, or a log's entries, do not follow one another. */
  readonly disordered: readonly string[];
  /** Messages in Kafka beyond the first of their id: allowed, and dropped by the inbox. */
  readonly duplicates: number;
}

interface OutboxRow {
  readonly id: string;
  readonly event_type: string;
  readonly tenant_id: string;
  readonly trace_id: string;
  readonly status: string;
  readonly aggregate_version: number | null;
}

interface EntryRow {
  readonly tenant_id: string;
  readonly trace_id: string;
  readonly sequence: number;
  readonly action: string;
}

const topics = ['plinth.tenancy', 'plinth.audit', 'plinth.dead-letter'];
const eventTypes = ['tenant.updated', 'audit.recorded'];

/** Resolves when all events of a load are published and all its writes are in the audit trail. @throws Error that says what is missing */
export async function arrivalOf(stack: Stack, load: WriteLoad, withinMs: number): Promise<void> {
  const traces = load.answered.map(({ traceId }) => traceId);
  await eventually(async () => {
    const [row] = await stack.query<{ unpublished: number; audited: number }>(
      `SELECT (SELECT count(*) FROM tenancy.event_outbox WHERE tenant_id = ANY ($1::uuid[]) AND status <> 'published')::int AS unpublished,
              (SELECT count(DISTINCT trace_id) FROM audit.entry WHERE tenant_id = ANY ($1::uuid[]) AND trace_id = ANY ($2::text[]))::int AS audited`,
      [load.tenantIds, traces],
    );
    const unaudited = traces.length - (row?.audited ?? 0);
    if (row?.unpublished !== 0 || unaudited !== 0) throw new Error(`${row?.unpublished} events are not published, ${unaudited} writes are not in the audit trail`);
  }, { withinMs, everyMs: 250 });
}

/**
 * Holds what was answered against the database, Kafka (read from its beginning) and the audit trail. A
 * write is known in all three by the trace that it was sent with.
 */
export async function conservationOf(stack: Stack, load: WriteLoad): Promise<Conservation> {
  const { tenantIds, answered } = load;
  const outbox = await stack.query<OutboxRow>(
    `SELECT id, event_type, tenant_id, split_part(traceparent, '-', 2) AS trace_id, status, aggregate_version::int
     FROM tenancy.event_outbox
     WHERE tenant_id = ANY ($1::uuid[]) AND (event_type = 'tenant.updated' OR payload ->> 'action' = 'tenant.update')`,
    [tenantIds],
  );
  const entries = await stack.query<EntryRow>(
    'SELECT tenant_id, trace_id, sequence::int, action FROM audit.entry WHERE tenant_id = ANY ($1::uuid[]) ORDER BY tenant_id, sequence',
    [tenantIds],
  );
  const events = (await readTopics(stack.facts.kafkaBrokers, topics)).filter(({ tenantId }) => tenantIds.includes(tenantId));
  const inKafka = Map.groupBy(events.filter(({ topic }) => topic !== 'plinth.dead-letter'), ({ id }) => id);
  const findings = [
    await tenantFindings(stack, load),
    outboxFindings(answered, outbox),
    kafkaFindings(outbox, inKafka, events),
    trailFindings(answered, entries),
  ];
  return {
    answered: answered.length,
    unanswered: load.writes.filter(({ answer }) => answer === undefined).map(nameOf),
    lost: findings.flatMap(({ lost }) => lost),
    doubled: findings.flatMap(({ doubled }) => doubled),
    disordered: findings.flatMap(({ disordered }) => disordered),
    duplicates: [...inKafka.values()].reduce((sum, copies) => sum + copies.length - 1, 0),
  };
}

interface Findings {
  readonly lost: string[];
  readonly doubled: string[];
  readonly disordered: string[];
}

const nothing = (): Findings => ({ lost: [], doubled: [], disordered: [] });

function nameOf({ tenantId, member, value, attempts }: Write): string {
  return `${member} = ${value} of tenant ${tenantId} (${attempts} attempts)`;
}

/** The rows themselves: each tenant's version counts its writes, each answer has a version of its own, each writer's last value stands. */
async function tenantFindings(stack: Stack, load: WriteLoad): Promise<Findings> {
  const findings = nothing();
  const tenants = await stack.query<{ id: string; version: number; settings: Record<string, number> }>(
    'SELECT id, version, settings FROM tenancy.tenant WHERE id = ANY ($1::uuid[])',
    [load.tenantIds],
  );
  for (const { id, version, settings } of tenants) {
    const writes = load.answered.filter(({ tenantId }) => tenantId === id);
    const effects = version - 1;
    if (effects < writes.length) findings.lost.push(`tenant ${id}: ${writes.length} writes were answered, ${effects} changes were made`);
    if (effects > writes.length) findings.doubled.push(`tenant ${id}: ${writes.length} writes were answered, ${effects} changes were made`);
    const tags = Map.groupBy(writes, ({ answer }) => answer?.etag);
    for (const [tag, sharing] of tags) if (sharing.length > 1) findings.lost.push(`tenant ${id}: ${sharing.length} answers with entity tag ${tag}`);
    for (const [member, own] of Map.groupBy(writes, (write) => write.member)) {
      const last = Math.max(...own.map(({ value }) => value));
      if (settings[member] !== last) findings.lost.push(`tenant ${id}: ${member} is ${settings[member]}, ${last} was answered`);
    }
  }
  return findings;
}

function outboxFindings(answered: readonly Write[], outbox: readonly OutboxRow[]): Findings {
  const findings = nothing();
  for (const type of eventTypes) {
    const rows = outbox.filter(({ event_type }) => event_type === type);
    matchByTrace(findings, answered, rows, `${type} in the outbox`);
  }
  const updates = outbox.filter(({ event_type }) => event_type === 'tenant.updated');
  for (const [tenantId, rows] of Map.groupBy(updates, ({ tenant_id }) => tenant_id)) {
    const versions = rows.map(({ aggregate_version }) => aggregate_version ?? 0).sort((one, other) => one - other);
    expectConsecutive(findings, versions, `aggregate versions of tenant ${tenantId}`);
  }
  return findings;
}

/** At least once with the id of the row, every copy with the same bytes, each aggregate's first copies in order, no dead letter. */
function kafkaFindings(outbox: readonly OutboxRow[], inKafka: ReadonlyMap<string, readonly LoggedEvent[]>, events: readonly LoggedEvent[]): Findings {
  const findings = nothing();
  for (const { id, event_type: type, status } of outbox) {
    const copies = inKafka.get(id) ?? [];
    if (copies.length === 0) findings.lost.push(`${type} ${id} (${status}) is not in Kafka`);
    if (new Set(copies.map(({ value }) => value)).size > 1) findings.doubled.push(`${type} ${id} is in Kafka with different contents`);
  }
  const firstCopies = [...inKafka.values()].flatMap(([first]) => (first?.type === 'tenant.updated.v1' ? [first] : []));
  for (const [tenantId, own] of Map.groupBy(firstCopies, (event) => event.tenantId)) {
    expectConsecutive(findings, own.map(({ sequence }) => sequence ?? 0), `events of tenant ${tenantId} in Kafka`);
  }
  const known = new Set(outbox.map(({ id }) => id));
  for (const { id } of firstCopies) if (!known.has(id)) findings.doubled.push(`tenant.updated ${id} is in Kafka and in no outbox`);
  for (const { id, topic, type } of events) if (topic === 'plinth.dead-letter') findings.lost.push(`${type} ${id} is a dead letter`);
  return findings;
}

function trailFindings(answered: readonly Write[], entries: readonly EntryRow[]): Findings {
  const findings = nothing();
  matchByTrace(findings, answered, entries.filter(({ action }) => action === 'tenant.update'), 'entries in the audit trail');
  for (const [tenantId, own] of Map.groupBy(entries, ({ tenant_id }) => tenant_id)) {
    expectConsecutive(findings, own.map(({ sequence }) => sequence), `audit entries of tenant ${tenantId}`);
  }
  return findings;
}

/** Exactly one row a write, and no row of something else. */
function matchByTrace(findings: Findings, answered: readonly Write[], rows: readonly { readonly trace_id: string }[], what: string): void {
  const byTrace = Map.groupBy(rows, ({ trace_id }) => trace_id);
  for (const write of answered) {
    const found = byTrace.get(write.traceId)?.length ?? 0;
    if (found === 0) findings.lost.push(`${nameOf(write)}: no ${what}`);
    if (found > 1) findings.doubled.push(`${nameOf(write)}: ${found} ${what}`);
    byTrace.delete(write.traceId);
  }
  for (const traceId of byTrace.keys()) findings.doubled.push(`${what} for trace ${traceId}, which was not answered`);
}

function expectConsecutive(findings: Findings, numbers: readonly number[], what: string): void {
  const broken = numbers.findIndex((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1);
  if (broken > 0) findings.disordered.push(`${what}: ${numbers[broken]} follows ${numbers[broken - 1]}`);
}
