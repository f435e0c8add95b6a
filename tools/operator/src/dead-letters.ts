import { setTimeout as pause } from 'node:timers/promises';
import type { ParseArgsOptionsConfig } from 'node:util';
import { textTable, UserError } from '@plinth/dev-stack';
import type { Call, Command, OptionValues } from './command.ts';
import { agoText, cell, fieldLines } from './text.ts';

interface Letter {
  readonly id: string;
  readonly status: string;
  readonly group: string | null;
  readonly topic: string | null;
  readonly eventType: string | null;
  readonly eventId: string | null;
  readonly error: string | null;
  readonly fingerprint: string;
  readonly replayCount: number;
  readonly redriveRequestedAt: string | null;
  readonly supersededBy: string | null;
  readonly receivedAt: string;
}

interface WholeLetter extends Letter {
  readonly json?: unknown;
  readonly value: string | null;
  readonly headers: readonly { readonly name: string; readonly value: string | null; readonly text: string | null }[];
}

interface Group {
  readonly fingerprint: string;
  readonly group: string | null;
  readonly eventType: string | null;
  readonly error: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly oldestPendingAt: string | null;
  readonly lastReceivedAt: string;
}

interface Redrive {
  readonly id: string;
  readonly status: 'sending' | 'following' | 'done' | 'stopped';
  readonly requestedAt: string;
  readonly ratePerSecond: number;
  readonly selected: number;
  readonly sent: number;
  readonly refused: number;
  readonly processed: number;
  readonly failedAgain: number;
}

interface Plan {
  readonly selected: number;
  readonly groups: readonly { readonly fingerprint: string; readonly group: string | null; readonly eventType: string | null; readonly error: string | null; readonly count: number }[];
  readonly excluded: readonly { readonly reason: string; readonly count: number }[];
  readonly redrive: Redrive | null;
}

interface ArchivedLetters {
  readonly day: string;
  readonly fingerprint: string;
  readonly group: string | null;
  readonly eventType: string | null;
  readonly error: string | null;
  readonly status: string;
  readonly letters: number;
}

interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

const base = '/v1/admin/dead-letters';
const pollMs = 500;

/** Options that are filters of the API, by their names there. */
const filters = {
  group: 'group',
  topic: 'topic',
  error: 'error',
  status: 'status',
  fingerprint: 'fingerprint',
  'event-type': 'eventType',
  'event-id': 'eventId',
  tenant: 'tenantId',
  'failed-from': 'failedFrom',
  'failed-to': 'failedTo',
  'min-replays': 'minReplayCount',
} as const;
const filterOptions: ParseArgsOptionsConfig = Object.fromEntries(Object.keys(filters).map((name) => [name, { type: 'string' }]));
const pageOptions: ParseArgsOptionsConfig = { limit: { type: 'string' }, cursor: { type: 'string' } };
const followOptions: ParseArgsOptionsConfig = { timeout: { type: 'string' } };
const filterUsage = Object.keys(filters).map((name) => `[--${name} X]`).join(' ');
const sameFilters = 'FILTERS as of groups';

export const deadLetters: Readonly<Record<string, Command>> = {
  groups: {
    usage: `${filterUsage} [--limit N] [--cursor C]`,
    summary: 'what went wrong, and how often',
    options: { ...filterOptions, ...pageOptions },
    run: async ({ api, options, show }) => {
      const page = await api.get<Page<Group>>(`${base}/groups${queryOf(options)}`);
      show(page, () => paged(page, ['fingerprint', 'group', 'event', 'error', 'pending', 'redriven', 'processed', 'failed again', 'discarded', 'oldest pending', 'last'], groupRow, 'no dead letters'));
    },
  },
  list: {
    usage: `[${sameFilters}] [--redrive ID] [--limit N] [--cursor C]`,
    summary: 'dead letters, newest first',
    options: { ...filterOptions, ...pageOptions, redrive: { type: 'string' } },
    run: async ({ api, options, show }) => {
      const page = await api.get<Page<Letter>>(`${base}${queryOf(options, { redriveId: options['redrive'] })}`);
      show(page, () => paged(page, ['id', 'status', 'group', 'event', 'error', 'replays', 'received'], letterRow, 'no dead letters'));
    },
  },
  show: {
    usage: 'ID',
    summary: 'one letter with all that it says; that it was read is in the audit trail',
    takes: { least: 1, most: 1 },
    run: async ({ api, arguments: [id = ''], show }) => {
      const letter = await api.get<WholeLetter>(pathOf(id));
      show(letter, () => letterLines(letter));
    },
  },
  redrive: {
    usage: `(ID [--force] | --all | ${sameFilters}) [--dry-run] [--rate N] [--max-replays N] [--reason TEXT] [--follow [--timeout S]]`,
    summary: 'send one letter, or those of a filter, again to the group that failed',
    options: {
      ...filterOptions,
      ...followOptions,
      ...{ all: { type: 'boolean' }, 'dry-run': { type: 'boolean' }, follow: { type: 'boolean' }, force: { type: 'boolean' } },
      ...{ rate: { type: 'string' }, 'max-replays': { type: 'string' }, reason: { type: 'string' } },
    },
    takes: { least: 0, most: 1 },
    run: async (call) => {
      const [id] = call.arguments;
      return id === undefined ? await redriveMany(call) : await redriveOne(call, id);
    },
  },
  follow: {
    usage: 'ID [--timeout S]',
    summary: 'follow a letter or a redrive of many to its end; fails where any is back or refused',
    options: followOptions,
    takes: { least: 1, most: 1 },
    run: async (call) => {
      const [id = ''] = call.arguments;
      const redrive = await call.api.find<Redrive>(`${base}/redrives/${encodeURIComponent(id)}`);
      return redrive === null ? await followLetter(call, id) : await followRedrive(call, redrive);
    },
  },
  discard: {
    usage: 'ID --reason TEXT',
    summary: 'set a letter aside for good',
    options: { reason: { type: 'string' } },
    takes: { least: 1, most: 1 },
    run: async ({ api, arguments: [id = ''], options, show }) => {
      if (options['reason'] === undefined) throw new UserError('why? --reason TEXT is kept beside the letter and in the audit trail');
      const letter = await api.post<Letter>(`${pathOf(id)}/discard`, { reason: options['reason'] });
      show(letter, () => [`discarded ${letter.id}`]);
    },
  },
  redrives: {
    usage: '[--limit N] [--cursor C]',
    summary: 'redrives of many, newest first',
    options: pageOptions,
    run: async ({ api, options, show }) => {
      const page = await api.get<Page<Redrive>>(`${base}/redrives${queryOf(options)}`);
      show(page, () => paged(page, ['id', 'status', 'selected', 'sent', 'refused', 'processed', 'failed again', 'rate', 'requested'], redriveRow, 'no redrives'));
    },
  },
  stop: {
    usage: 'ID',
    summary: 'send no more letters of a redrive',
    takes: { least: 1, most: 1 },
    run: async ({ api, arguments: [id = ''], show }) => {
      const redrive = await api.post<Redrive>(`${base}/redrives/${encodeURIComponent(id)}/stop`, {});
      show(redrive, () => [progressLine(redrive)]);
    },
  },
  archive: {
    usage: '[--group X] [--fingerprint X] [--limit N] [--cursor C]',
    summary: 'how many there were, of what is older than a week',
    options: { group: { type: 'string' }, fingerprint: { type: 'string' }, ...pageOptions },
    run: async ({ api, options, show }) => {
      const page = await api.get<Page<ArchivedLetters>>(`${base}/archive${queryOf(options)}`);
      show(page, () => paged(page, ['day', 'fingerprint', 'group', 'event', 'error', 'status', 'letters'], archiveRow, 'nothing is archived'));
    },
  },
};

async function redriveOne(call: Call, id: string): Promise<number | void> {
  const { api, options, show } = call;
  if (options['all'] === true || options['dry-run'] === true || Object.keys(filters).some((name) => options[name] !== undefined)) throw new UserError('one letter by its ID, or many by --all or filters: not both');
  const letter = await api.post<Letter>(`${pathOf(id)}/redrive`, defined({ force: options['force'], reason: options['reason'] }));
  if (options['follow'] !== true) return show(letter, () => [`${letter.id} will be sent to ${letter.group}; follow it: dead-letters follow ${letter.id}`]);
  return await followLetter(call, letter.id, letter);
}

async function redriveMany(call: Call): Promise<number | void> {
  const { api, options, show, say } = call;
  const { minReplayCount, ...names } = filterOf(options);
  const filter = { ...names, ...defined({ minReplayCount: numberOf('min-replays', minReplayCount) }) };
  const asked = options['all'] === true ? { all: true } : { filter };
  const limits = { ratePerSecond: numberOf('rate', options['rate']), maxReplays: numberOf('max-replays', options['max-replays']), reason: options['reason'] };
  const plan = await api.post<Plan>(`${base}/redrive`, { ...asked, ...defined({ dryRun: options['dry-run'], ...limits }) });
  if (plan.redrive === null || options['follow'] !== true) return show(plan, () => planLines(plan));
  say(planLines(plan).join('\n'));
  return await followRedrive(call, plan.redrive);
}

/** 0 where all were processed, 1 where some are back or refused, or none can be seen to its end in time. */
async function followRedrive({ api, options, show, say }: Call, begun: Redrive): Promise<number> {
  const deadline = deadlineOf(options);
  let redrive = begun;
  let said = '';
  for (;;) {
    const line = progressLine(redrive);
    if (redrive.status === 'done' || redrive.status === 'stopped' || performance.now() > deadline) break;
    if (line !== said) say(line);
    said = line;
    await pause(pollMs);
    redrive = await api.get<Redrive>(`${base}/redrives/${redrive.id}`);
  }
  show(redrive, () => [progressLine(redrive)]);
  return redrive.status === 'done' && redrive.failedAgain + redrive.refused === 0 ? 0 : 1;
}

/** As `followRedrive`. The letter itself is read once at most: each reading of it is audited, and lists are not. */
async function followLetter({ api, options, show, say }: Call, id: string, known?: Letter): Promise<number> {
  const deadline = deadlineOf(options);
  let letter = known ?? (await api.get<Letter>(pathOf(id)));
  const { fingerprint, eventId } = letter;
  if (letter.status === 'pending' && letter.redriveRequestedAt === null) throw new UserError(`${id} waits for an operator: dead-letters redrive ${id} sends it again`);
  let said = '';
  while (letter.redriveRequestedAt !== null || letter.status === 'redriven' || letter.status === 'pending') {
    if (performance.now() > deadline) break;
    if (letter.status !== said) say(letterLine(letter));
    said = letter.status;
    await pause(pollMs);
    const query = new URLSearchParams({ fingerprint, limit: '200', ...(eventId === null ? {} : { eventId }) });
    letter = (await api.get<Page<Letter>>(`${base}?${query.toString()}`)).data.find((listed) => listed.id === id) ?? letter;
    // The broker has refused it.
    if (letter.status === 'pending' && letter.redriveRequestedAt === null) break;
  }
  const ended = letter;
  show(ended, () => [letterLine(ended)]);
  return ended.status === 'processed' ? 0 : 1;
}

function deadlineOf(options: OptionValues): number {
  return performance.now() + (numberOf('timeout', options['timeout']) ?? 300) * 1000;
}

function pathOf(id: string): string {
  return `${base}/${encodeURIComponent(id)}`;
}

function filterOf(options: OptionValues): Record<string, string> {
  return Object.fromEntries(Object.entries(filters).flatMap(([option, name]) => (typeof options[option] === 'string' ? [[name, options[option]]] : [])));
}

function queryOf(options: OptionValues, more: Readonly<Record<string, string | boolean | undefined>> = {}): string {
  const all = { ...filterOf(options), ...defined({ limit: options['limit'], cursor: options['cursor'], ...more }) };
  const query = new URLSearchParams(all as Record<string, string>).toString();
  return query === '' ? '' : `?${query}`;
}

function numberOf(name: string, text: string | boolean | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !/^\d{1,9}$/.test(text)) throw new UserError(`--${name} takes a whole number`);
  return Number(text);
}

function defined(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function paged<T>({ data, nextCursor }: Page<T>, head: readonly string[], row: (item: T) => string[], none: string): string[] {
  if (data.length === 0) return [none];
  return [textTable(head, data.map(row)), ...(nextCursor === null ? [] : [`more: --cursor ${nextCursor}`])];
}

function groupRow({ fingerprint, group, eventType, error, counts, oldestPendingAt, lastReceivedAt }: Group): string[] {
  const numbers = ['pending', 'redriven', 'processed', 'failed_again', 'discarded'].map((status) => String(counts[status] ?? 0));
  return [fingerprint, cell(group), cell(eventType), cell(error), ...numbers, agoText(oldestPendingAt), agoText(lastReceivedAt)];
}

function letterRow(letter: Letter): string[] {
  return [letter.id, statusText(letter), cell(letter.group), cell(letter.eventType), cell(letter.error), String(letter.replayCount), agoText(letter.receivedAt)];
}

function redriveRow(redrive: Redrive): string[] {
  const numbers = [redrive.selected, redrive.sent, redrive.refused, redrive.processed, redrive.failedAgain].map(String);
  return [redrive.id, redrive.status, ...numbers, `${redrive.ratePerSecond}/s`, agoText(redrive.requestedAt)];
}

function archiveRow({ day, fingerprint, group, eventType, error, status, letters }: ArchivedLetters): string[] {
  return [day, fingerprint, cell(group), cell(eventType), cell(error), status, String(letters)];
}

function letterLines({ headers, value, json, ...facts }: WholeLetter): string[] {
  const own = headers.map((header) => [cell(header.name), header.text === null ? `${header.value ?? ''} (base64)` : cell(header.text)]);
  return [...fieldLines(facts), '', textTable(['header', 'value'], own), '', json === undefined ? `value (base64): ${value ?? 'none'}` : JSON.stringify(json, null, 2)];
}

function planLines({ selected, groups, excluded, redrive }: Plan): string[] {
  const rows = groups.map((group) => [String(group.count), group.fingerprint, cell(group.group), cell(group.eventType), cell(group.error)]);
  return [
    redrive === null ? `dry run: ${selected} letters would be sent, nothing is` : `${selected} letters will be sent, ${redrive.ratePerSecond} a second; follow them: dead-letters follow ${redrive.id}`,
    ...(rows.length === 0 ? [] : [textTable(['letters', 'fingerprint', 'group', 'event', 'error'], rows)]),
    ...excluded.map(({ reason, count }) => `left out: ${count} ${reason.replaceAll('_', ' ')}`),
  ];
}

function progressLine({ id, status, selected, sent, refused, processed, failedAgain }: Redrive): string {
  return `${id} ${status}: ${sent} of ${selected} sent, ${processed} processed, ${failedAgain} failed again, ${refused} refused`;
}

function letterLine(letter: Letter): string {
  return `${letter.id} ${statusText(letter)}${letter.supersededBy === null ? '' : `: it is back as ${letter.supersededBy}`}`;
}

function statusText({ status, redriveRequestedAt }: Letter): string {
  return redriveRequestedAt === null ? status.replaceAll('_', ' ') : 'to be sent';
}
