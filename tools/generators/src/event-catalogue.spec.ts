import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as contracts from '@plinth/contracts';
import { eventFlows, events } from '@plinth/contracts';
import { eventCatalogue } from './event-catalogue.ts';
import { eventsPage } from './events-page.ts';
import { schemaFields } from './schema-fields.ts';

const root = resolve(import.meta.dirname, '../../..');
const typeOfExport = new Map(Object.entries(contracts).flatMap(([name, value]) => events.filter((event) => event === value).map(({ type }) => [name, type] as const)));

/** The code that an app ships. */
function sourceOf(app: string): string {
  const folder = join(root, 'apps', app, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && !/(spec|testing)\.ts$/.test(file));
  return files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
}

/** An app that names a definition appends it; one that calls the audit trail's `record` tells an audit event. */
function toldBy(source: string): Set<string> {
  const named = [...source.matchAll(/\b[A-Z]\w+V\d+\b/g)].flatMap(([name]) => typeOfExport.get(name) ?? []);
  return new Set([...named, ...(/\baudit\.record\(/.test(source) ? ['audit.recorded'] : [])]);
}

function handledBy(source: string): Set<string> {
  return new Set([...source.matchAll(/@OnEvent\w*\(\s*'([^']+)'/g)].map(([, type]) => type ?? ''));
}

describe('the flow of events', () => {
  const flows = Object.entries(eventFlows);

  it.each(contracts.services.map(({ name }) => name))('is what the code of %s appends and handles', (app) => {
    const source = sourceOf(app);
    expect([...toldBy(source)].sort()).toEqual(flows.filter(([, { producers }]) => producers.includes(app)).map(([type]) => type).sort());
    // A group is named by its service.
    expect([...handledBy(source)].sort()).toEqual(flows.filter(([, { consumers }]) => (consumers as readonly string[]).includes(app)).map(([type]) => type).sort());
  });

  it('is told of each registered event and of no other', () => {
    expect(flows.map(([type]) => type).sort()).toEqual([...new Set(events.map(({ type }) => type))].sort());
  });
});

describe('the events page', () => {
  const page = eventsPage(eventCatalogue(root));

  it('has each event with its producer, its fields and an example', () => {
    for (const { type, version } of events) expect(page).toContain(`### ${type}.v${version}\n`);
    expect(page).toContain('Told by: ai-gateway  \nHandled by: tenant-service');
    expect(page).toContain('Told by: scheduler  \nHandled by: none in the suite');
    expect(page).toContain('| `principal.id` | uuid |  |');
    expect(page).toContain('| `outcome` | `success`, `failure`, `denied` |  |');
    expect(page).toContain('"scopes": [');
  });

  it('leads from the table of topics to headings that are there', () => {
    const anchors = new Set([...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => (heading ?? '').toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')));
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor ?? '');
    expect(links.length).toBe(events.length);
    expect(links.filter((link) => !anchors.has(link))).toEqual([]);
  });
});

describe('schemaFields', () => {
  it('tells type, bounds, null, lists and nesting', () => {
    const { field } = contracts;
    const schema = field.record({
      id: field.uuid,
      note: field.described('Why.', field.nullable(field.text(20))),
      size: { type: 'integer', minimum: 0, maximum: 9 },
      tags: { type: 'array', items: field.record({ key: { const: 'a' } }) },
      any: {},
    });
    expect(schemaFields({ ...schema, required: ['id'] }).map(({ path, type, optional, description }) => [path, type, optional, description])).toEqual([
      ['id', 'uuid', false, ''],
      ['note', 'text, at most 20 or null', true, 'Why.'],
      ['size', 'integer, at least 0, at most 9', true, ''],
      ['tags', 'list of (object)', true, ''],
      ['tags[].key', '`a`', false, ''],
      ['any', 'anything', true, ''],
    ]);
  });
});
