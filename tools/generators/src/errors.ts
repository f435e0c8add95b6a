/** An error as `defineErrors` of `@plinth/kernel` knows it; only what a document needs. */
export interface DocumentedError {
  readonly code: string;
  readonly kind: string;
  readonly detail: string;
  readonly remedy: string;
}

export interface DocumentedErrors {
  /** The library or app whose catalogue it is. */
  readonly owner: string;
  readonly errors: readonly DocumentedError[];
}

export type StatusOf = (kind: string) => number;

/** The errors of all catalogues among a module's exports; an entry is known by its definition. */
export function errorsIn(module: Readonly<Record<string, unknown>>): DocumentedError[] {
  const tables = Object.values(module).filter((value) => typeof value === 'object' && value !== null);
  return tables.flatMap((table) => Object.values(table as Record<string, unknown>)).map(definitionOf).filter((definition) => definition !== undefined);
}

function definitionOf(entry: unknown): DocumentedError | undefined {
  return typeof entry === 'function' ? (entry as { readonly definition?: DocumentedError }).definition : undefined;
}

/** What is wrong with the catalogues: a code that is not snake_case, stands in two of them, or is explained by no sentence. */
export function errorFaults(all: readonly DocumentedErrors[]): string[] {
  const faults: string[] = [];
  const owners = new Map<string, string>();
  const seen = new Set<string>();
  for (const { owner, errors } of all) {
    for (const { code, kind, detail, remedy } of errors) {
      const fault = (text: string) => faults.push(`${owner}: ${code}: ${text}`);
      if (!/^[a-z]+(_[a-z0-9]+)*$/.test(code)) fault('must be snake_case');
      if (seen.has(`${code} ${kind}`) || (owners.get(code) ?? owner) !== owner) fault(`is defined by ${owners.get(code)} already`);
      seen.add(`${code} ${kind}`);
      owners.set(code, owner);
      for (const [name, text] of Object.entries({ detail, remedy })) {
        if (!/^[A-Z].*\.$/.test(text)) fault(`its ${name} must be a sentence`);
      }
    }
  }
  return faults;
}

/** `docs/errors.md`: a table for each library and app. */
export function errorsPage(all: readonly DocumentedErrors[], statusOf: StatusOf): string {
  const parts = [
    '# Errors',
    [
      'Generated from the catalogues (`x.errors.ts`, `defineErrors`) by `make generate`; do not edit.',
      '',
      'A failure is answered as `application/problem+json` (RFC 9457):',
      '',
      '```json',
      '{',
      '  "type": "urn:plinth:problem:validation_failed",',
      '  "title": "Invalid request",',
      '  "status": 422,',
      '  "detail": "The body has invalid members.",',
      '  "instance": "/v1/tenants/019a0000-0000-7000-8000-000000000000",',
      '  "code": "validation_failed",',
      '  "requestId": "019a0000-0000-7000-8000-000000000001",',
      '  "errors": [{ "pointer": "/name", "detail": "name must be a string" }]',
      '}',
      '```',
      '',
      '- `code` is what a program decides by: it never changes its meaning. `type` is the same as a URI, `urn:plinth:problem:<code>`: a name, explained',
      '  below, and nothing to fetch.',
      '- `detail` and `title` are for people and may change. `errors` points into the body by RFC 6901, or names a parameter.',
      '- `requestId` is that of `X-Request-Id`, by which an operator finds the request in log and audit trail.',
      "- The AI routes answer in OpenAI's shape instead, `{\"error\": {message, type, param, code}}`, with the same status and, where the provider names none of",
      '  its own, the same code; every 401 there has the code `invalid_api_key`, which its clients look for.',
      '- Nothing was changed by a request that is answered with any of these, but where the meaning says so.',
    ].join('\n'),
  ];
  for (const { owner, errors } of all) parts.push(`## ${owner}`, table(errors, statusOf));
  return `${parts.join('\n\n')}\n`;
}

function table(errors: readonly DocumentedError[], statusOf: StatusOf): string {
  const rows = [...errors].sort((a, b) => statusOf(a.kind) - statusOf(b.kind) || (a.code < b.code ? -1 : 1)).map(({ code, kind, detail, remedy }) => {
    return `| \`${code}\` | ${statusOf(kind)} | ${cell(detail)} | ${cell(remedy)} |`;
  });
  return ['| code | status | meaning | what to do |', '|---|---|---|---|', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
