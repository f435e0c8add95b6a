/** A configuration field as `@plinth/config` describes it; only what a document needs. */
export interface DocumentedField {
  readonly variable: string;
  readonly description: string;
  readonly fallback?: unknown;
  readonly secret?: boolean;
  /** Set where it stands for many variables, none of which is required. */
  readonly collect?: unknown;
}

export interface DocumentedService {
  readonly name: string;
  readonly fields: readonly DocumentedField[];
}

/** What `make up` itself reads; everything else is a service's. */
export const stackFields: readonly DocumentedField[] = [
  { variable: 'PLINTH_PORT_BASE', description: 'Gateway port; the others follow from it (tools/dev-stack/README.md).', fallback: 8080 },
  { variable: 'PLINTH_HOME', description: "Where the embedded stack keeps data, logs and secrets.", fallback: '.plinth' },
  { variable: 'DATABASE_URL', description: "An administrator's URL of a PostgreSQL to use instead of the embedded one.", fallback: '' },
  { variable: 'KAFKA_BROKERS', description: 'Brokers to use instead of the embedded Kafka, comma-separated host:port.', fallback: '' },
];

const generated = 'Generated from the configuration classes by `make generate`; do not edit.';

/** `.env.example`: every variable, commented out with its default, one line of what it means above it. */
export function envExample(services: readonly DocumentedService[]): string {
  const seen = new Set(stackFields.map(({ variable }) => variable));
  const lines = [`# ${generated}`, '# Copy to .env and uncomment what you change; make up reads it. The process environment wins.', '', '# --- The development stack (make up) ---'];
  for (const field of stackFields) lines.push(...example(field));
  lines.push('', '# --- The services (make up sets what is required; secrets also as <NAME>_FILE) ---');
  for (const field of services.flatMap(({ fields }) => fields)) {
    if (seen.has(field.variable)) continue;
    seen.add(field.variable);
    lines.push(...example(field));
  }
  return `${lines.join('\n')}\n`;
}

function example({ variable, description, fallback }: DocumentedField): string[] {
  return [`# ${description}`, `#${variable}=${valueText(fallback)}`];
}

/** `docs/configuration.md`: a table for the stack and one for each service. */
export function configurationPage(services: readonly DocumentedService[]): string {
  const parts = [
    '# Configuration',
    `${generated} A missing or malformed variable stops the start with one message that lists all of them. A secret is read from\n\`<NAME>\` or from the file that \`<NAME>_FILE\` names (ADR 0004).`,
    '## The development stack (`make up`)',
    table(stackFields),
  ];
  for (const { name, fields } of services) parts.push(`## ${name}`, table(fields));
  return `${parts.join('\n\n')}\n`;
}

function table(fields: readonly DocumentedField[]): string {
  const rows = fields.map(({ variable, description, fallback, secret, collect }) => {
    const standard = fallback === undefined && collect === undefined ? 'required' : valueText(fallback) === '' ? 'none' : `\`${valueText(fallback)}\``;
    return `| \`${variable}\` | ${standard} | ${secret ? 'Secret. ' : ''}${description.replaceAll('|', '\\|')} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function valueText(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : value === undefined ? '' : JSON.stringify(value).replaceAll('"', '');
}
