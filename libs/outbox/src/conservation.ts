import { consumerGroups, consumerServices, eventFlows, events, schemaOf, type ServiceDefinition } from '@plinth/contracts';
import type { Queryable } from '@plinth/database';

/**
 * What was told against what became of it (ADR 0029), for whoever may read all outboxes and inboxes and `relay.dead_letter`: the
 * relay's system role, and an administrator. By distinct ids: a row of an outbox is one event, a row of an inbox one handling.
 */

/** A consumer group with what it is to handle. */
export interface Consumer {
  readonly group: string;
  /** Where its inbox is. */
  readonly schema: string;
  readonly topics: readonly string[];
  /** By event type: since when events of it are the group's, as PostgreSQL writes a time; `-infinity` for all there are. */
  readonly starts: Readonly<Record<string, string>>;
}

/** From the first time on, before the second. As ISO 8601. */
export interface TimeWindow {
  readonly from: string;
  readonly until: string;
}

/** A minute's events of one outbox; every event is in one of the last three. */
export interface OutboxFlow {
  readonly minute: Date;
  readonly committed: number;
  readonly published: number;
  readonly skipped: number;
  /** Not published, whether it was tried or not. */
  readonly waiting: number;
}

/** What became of a minute's published events at one group; every event is in one of the last four. */
export interface ConsumerFlow {
  readonly minute: Date;
  readonly published: number;
  readonly handled: number;
  /** In a dead letter, and not handled since. */
  readonly dead: number;
  readonly discarded: number;
  readonly missing: number;
}

/** Ids that break the balance, with what is known of them. */
export interface BrokenId {
  readonly id: string;
  readonly event_type: string;
  readonly created_at: Date;
}

/** An event that a group has handled and that no outbox has: never committed, or removed since. */
export interface SurplusId {
  readonly id: string;
  readonly told_at: Date;
}

/** The groups that event flows name, each from the beginning of its topics on. */
export function declaredConsumers(): readonly Consumer[] {
  return consumerGroups.map((group) => {
    const handled = events.filter(({ type }) => eventFlows[type]?.consumers.includes(group));
    return {
      group,
      schema: schemaOf(consumerServices[group]),
      topics: [...new Set(handled.map(({ topic }) => topic))],
      starts: Object.fromEntries(handled.map(({ type }) => [type, '-infinity'])),
    };
  });
}

/** By minute of the telling. Minutes without events are left out. */
export async function countOutbox(conn: Queryable, { schema }: Pick<ServiceDefinition, 'schema'>, { from, until }: TimeWindow): Promise<OutboxFlow[]> {
  return await conn.query<OutboxFlow>(countOutboxSql(schema), [from, until]);
}

/** Of the published events that are the group's. */
export async function countConsumer(conn: Queryable, { schema }: Pick<ServiceDefinition, 'schema'>, consumer: Consumer, { from, until }: TimeWindow): Promise<ConsumerFlow[]> {
  return await conn.query<ConsumerFlow>(countConsumerSql(schema, consumer.schema), [from, until, consumer.group, ...startsOf(consumer)]);
}

/** Events that are not published and were not skipped, the oldest first. */
export async function listWaiting(conn: Queryable, { schema }: Pick<ServiceDefinition, 'schema'>, { from, until }: TimeWindow, limit: number): Promise<BrokenId[]> {
  return await conn.query<BrokenId>(listWaitingSql(schema), [from, until, limit]);
}

/** Published events of the group that it has neither handled nor put aside, the oldest first. */
export async function listMissing(conn: Queryable, { schema }: Pick<ServiceDefinition, 'schema'>, consumer: Consumer, { from, until }: TimeWindow, limit: number): Promise<BrokenId[]> {
  return await conn.query<BrokenId>(listMissingSql(schema, consumer.schema), [from, until, consumer.group, ...startsOf(consumer), limit]);
}

/**
 * What the group has handled as this service's and the outbox does not have.
 *
 * @param received when it was handled; the inbox is read by that
 * @param toldAfter an outbox lets go of what it has published: an event that was told before is not judged
 */
export async function listSurplus(
  conn: Queryable,
  { name, schema }: Pick<ServiceDefinition, 'name' | 'schema'>,
  consumer: Consumer,
  received: TimeWindow,
  toldAfter: string,
  limit: number,
): Promise<SurplusId[]> {
  return await conn.query<SurplusId>(listSurplusSql(schema, consumer.schema), [received.from, received.until, consumer.group, consumer.topics, `plinth/${name}`, toldAfter, limit]);
}

function startsOf({ starts }: Consumer): [types: string[], starts: string[]] {
  return [Object.keys(starts), Object.values(starts)];
}

/** Index: idx_outbox_status, one stretch of it for each status. */
const inWindow = `o.status IN ('pending', 'processing', 'published', 'failed') AND o.created_at >= $1 AND o.created_at < $2`;

const countOutboxSql = (schema: string) => `
  SELECT date_trunc('minute', o.created_at, 'UTC') AS minute, count(*)::int AS committed,
    count(*) FILTER (WHERE o.status = 'published')::int AS published,
    count(*) FILTER (WHERE o.skipped_at IS NOT NULL)::int AS skipped,
    count(*) FILTER (WHERE o.status <> 'published' AND o.skipped_at IS NULL)::int AS waiting
  FROM ${schema}.event_outbox o WHERE ${inWindow} GROUP BY 1 ORDER BY 1`;

/**
 * What was handled is in the inbox, by its key; only what is not there is looked for among the letters, and of those the last
 * one counts: an event that was sent again and handled is handled, however often it was a letter.
 */
const ofConsumer = (schema: string, inboxSchema: string) => `
  FROM ${schema}.event_outbox o
  JOIN unnest($4::text[], $5::timestamptz[]) AS handles (event_type, starts_at) ON handles.event_type = o.event_type AND o.created_at >= handles.starts_at
  LEFT JOIN ${inboxSchema}.inbox i ON i.consumer_group = $3 AND i.event_id = o.id
  LEFT JOIN LATERAL (
    SELECT l.status FROM relay.dead_letter l
    WHERE i.event_id IS NULL AND l.event_id = o.id AND l.consumer_group = $3 ORDER BY l.sequence DESC LIMIT 1
  ) letter ON true
  WHERE o.status = 'published' AND o.created_at >= $1 AND o.created_at < $2`;

const countConsumerSql = (schema: string, inboxSchema: string) => `
  SELECT date_trunc('minute', o.created_at, 'UTC') AS minute, count(*)::int AS published, count(i.event_id)::int AS handled,
    count(*) FILTER (WHERE letter.status <> 'discarded')::int AS dead,
    count(*) FILTER (WHERE letter.status = 'discarded')::int AS discarded,
    count(*) FILTER (WHERE i.event_id IS NULL AND letter.status IS NULL)::int AS missing
  ${ofConsumer(schema, inboxSchema)} GROUP BY 1 ORDER BY 1`;

const listMissingSql = (schema: string, inboxSchema: string) => `
  SELECT o.id, o.event_type, o.created_at ${ofConsumer(schema, inboxSchema)} AND i.event_id IS NULL AND letter.status IS NULL
  ORDER BY o.created_at, o.id LIMIT $6`;

const listWaitingSql = (schema: string) => `
  SELECT o.id, o.event_type, o.created_at FROM ${schema}.event_outbox o
  WHERE ${inWindow} AND o.status <> 'published' AND o.skipped_at IS NULL ORDER BY o.created_at, o.id LIMIT $3`;

/** Index: idx_inbox_age; a further one by source and time would cost every event that is handled. */
const listSurplusSql = (schema: string, inboxSchema: string) => `
  SELECT i.event_id AS id, i.event_time AS told_at FROM ${inboxSchema}.inbox i
  WHERE i.topic = ANY ($4::text[]) AND i.received_at >= $1 AND i.received_at < $2 AND i.consumer_group = $3 AND i.source = $5 AND i.event_time >= $6
    AND NOT EXISTS (SELECT FROM ${schema}.event_outbox o WHERE o.id = i.event_id)
  ORDER BY i.event_time, i.event_id LIMIT $7`;
