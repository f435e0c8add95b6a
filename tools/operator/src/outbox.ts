import { textTable, UserError } from '@plinth/dev-stack';
import type { Call, Command, OptionValues } from './command.ts';
import { agoText, cell, fieldLines } from './text.ts';

interface OutboxEvent {
  readonly source: string;
  readonly id: string;
  readonly status: string;
  readonly eventType: string;
  readonly eventVersion: number;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly createdAt: string | null;
}

interface HeldEvent extends OutboxEvent {
  readonly waitingBehind: number;
}

interface Page {
  readonly data: readonly HeldEvent[];
  readonly nextCursor: string | null;
}

const base = '/v1/admin/outbox';

/** Options that are filters of the API, by their names there. */
const filters = { source: 'source', status: 'status', 'event-type': 'eventType', tenant: 'tenantId', limit: 'limit', cursor: 'cursor' } as const;

export const outbox: Readonly<Record<string, Command>> = {
  list: {
    usage: '[--source X] [--status processing|failed|skipped] [--event-type X] [--tenant X] [--limit N] [--cursor C]',
    summary: 'events that hold their aggregate, or were skipped',
    options: Object.fromEntries(Object.keys(filters).map((name) => [name, { type: 'string' }])),
    run: async ({ api, options, show }) => {
      const page = await api.get<Page>(`${base}/events${queryOf(options)}`);
      show(page, () => pageLines(page));
    },
  },
  show: {
    usage: 'SOURCE ID',
    summary: 'one event without its payload, and what was last decided of it',
    takes: { least: 2, most: 2 },
    run: async ({ api, arguments: [source = '', id = ''], show }) => {
      const event = await api.get<OutboxEvent>(pathOf(source, id));
      show(event, () => fieldLines(event));
    },
  },
  rearm: {
    usage: 'SOURCE ID --reason TEXT',
    summary: 'try a failed event again, before what follows of its aggregate',
    options: { reason: { type: 'string' } },
    takes: { least: 2, most: 2 },
    run: (call) => decide(call, 'rearm', 'will be tried again'),
  },
  skip: {
    usage: 'SOURCE ID --reason TEXT',
    summary: 'give up a failed event for good: it is never published, and its aggregate goes on',
    options: { reason: { type: 'string' } },
    takes: { least: 2, most: 2 },
    run: (call) => decide(call, 'skip', 'will never be published'),
  },
};

async function decide({ api, options, arguments: [source = '', id = ''], show }: Call, action: 'rearm' | 'skip', effect: string): Promise<void> {
  if (options['reason'] === undefined) throw new UserError('why? --reason TEXT is kept in the audit trail');
  const event = await api.post<OutboxEvent>(`${pathOf(source, id)}/${action}`, { reason: options['reason'] });
  show(event, () => [`${event.id} ${effect}; see: outbox show ${event.source} ${event.id}`]);
}

function pathOf(source: string, id: string): string {
  return `${base}/${encodeURIComponent(source)}/events/${encodeURIComponent(id)}`;
}

function queryOf(options: OptionValues): string {
  const given = Object.entries(filters).flatMap(([option, name]) => (typeof options[option] === 'string' ? [[name, options[option]]] : []));
  return given.length === 0 ? '' : `?${new URLSearchParams(given as [string, string][]).toString()}`;
}

function pageLines({ data, nextCursor }: Page): string[] {
  if (data.length === 0) return ['no event holds its aggregate'];
  const rows = data.map((event) => [
    ...[event.source, event.id, event.status, `${event.eventType}.v${event.eventVersion}`, `${event.aggregateType} ${event.aggregateId}`],
    ...[String(event.attempts), event.lastError, String(event.waitingBehind), agoText(event.createdAt)].map(cell),
  ]);
  return [textTable(['source', 'id', 'status', 'event', 'aggregate', 'attempts', 'error', 'behind', 'told'], rows), ...(nextCursor === null ? [] : [`more: --cursor ${nextCursor}`])];
}
