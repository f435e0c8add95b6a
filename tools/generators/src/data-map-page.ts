import { dataKindNames, dataKinds, dataMap, services, type DataKind, type DataKindDefinition, type Kept, type TableData } from '@plinth/contracts';
import { table } from './markdown-table.ts';

const intro = `Generated from \`@plinth/contracts\` by \`make generate\`; do not edit. Every column of every table of every service is in here, which a test of
tools/database-rules holds against the migrated schemas: a new column fails it until somebody has said whose data it is, or why nobody's
([ADR 0042](adr/0042-privacy.md)). The privacy notice, \`GET /v1/privacy-notice\` and \`/privacy\`, is made of the first table.`;

/** `docs/data-map.md`: the kinds of personal data, and which columns hold them. */
export function dataMapPage(): string {
  const parts = ['# Data map', intro, '## Kinds of personal data', kindTable()];
  for (const { name, schema } of services) parts.push(`## ${name}`, columnTable(schema, dataMap[name]));
  return `${parts.join('\n\n')}\n`;
}

function kindTable(): string {
  const rows = dataKindNames.map((kind) => {
    const { title, of, what, why, basis, kept }: DataKindDefinition = dataKinds[kind];
    return [`\`${kind}\``, title, of, what, why, basis.replaceAll('_', ' '), keptText(kept)];
  });
  return table(['kind', 'title', 'whose', 'what', 'why', 'legal basis', 'kept'], rows);
}

function keptText(kept: Kept): string {
  return 'until' in kept ? `until ${kept.until}` : `${kept.ms / 86_400_000} d after ${kept.after}`;
}

function columnTable(schema: string, tables: Readonly<Record<string, TableData>>): string {
  const rows = Object.entries(tables).flatMap(([name, { personal = {}, impersonal = {} }]) => {
    const kinds = (Object.keys(personal) as DataKind[]).map((kind) => [`\`${schema}.${name}\``, list(personal[kind] ?? []), `\`${kind}\``]);
    return [...kinds, ...Object.entries(impersonal).map(([because, columns]) => [`\`${schema}.${name}\``, list(columns), `nobody’s: ${because}`])];
  });
  return table(['table', 'columns', 'whose data'], rows);
}

function list(columns: readonly string[]): string {
  return columns.map((column) => `\`${column}\``).join(' ');
}
