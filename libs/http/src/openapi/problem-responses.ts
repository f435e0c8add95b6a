import type { JsonSchema } from '@plinth/contracts';
import { statusOf, type CataloguedError, type ErrorDefinition } from '@plinth/kernel';
import type { ErrorDialect } from '../error-dialect.js';
import { titles } from '../problem-document.js';
import type { Content, Response, Responses } from './document-types.js';

export const problemMediaType = 'application/problem+json';

/** The schemas that the responses of failures refer to. */
export const errorSchemas: Readonly<Record<string, JsonSchema>> = {
  Problem: {
    type: 'object',
    description: 'A failure, told as RFC 9457 has it. What each code means and what to do about it is in docs/errors.md.',
    properties: {
      type: { type: 'string', format: 'uri', description: '`urn:plinth:problem:<code>`' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string', description: 'For people; it may change.' },
      instance: { type: 'string', description: 'The path of the request.' },
      code: { type: 'string', description: 'For programs; its meaning never changes.' },
      requestId: { type: 'string' },
      errors: {
        type: 'array',
        description: 'What is invalid, by RFC 6901 pointers into the body or by parameter.',
        items: { type: 'object', properties: { pointer: { type: 'string' }, detail: { type: 'string' } }, required: ['pointer', 'detail'] },
      },
    },
    required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'requestId'],
  },
  OpenAiError: {
    type: 'object',
    description: "A failure in OpenAI's shape.",
    properties: {
      error: {
        type: 'object',
        properties: { message: { type: 'string' }, type: { type: 'string' }, param: { type: ['string', 'null'] }, code: { type: ['string', 'null'] } },
        required: ['message', 'type', 'param', 'code'],
      },
    },
    required: ['error'],
  },
  OfrepError: {
    type: 'object',
    description: 'A failure in the shape of the OpenFeature Remote Evaluation Protocol.',
    properties: { key: { type: 'string' }, errorCode: { type: 'string' }, errorDetails: { type: 'string' } },
    required: ['errorCode', 'errorDetails'],
  },
};

/** Under which name each dialect but our own is described. */
const foreignErrors = { openai: 'OpenAiError', ofrep: 'OfrepError' } as const;

/**
 * The responses with those of the errors, by status. What is there already (of a service, or of a document that is not
 * ours) keeps its codes and gets the others besides.
 */
export function withErrors(responses: Responses, errors: readonly CataloguedError[], dialect: ErrorDialect): Responses {
  const all: Record<string, Response> = { ...responses };
  for (const [status, definitions] of byStatus(errors)) {
    const known = all[status];
    const codes = known === undefined ? [] : codesOf(known);
    const fresh = definitions.filter(({ code }) => !codes.includes(code));
    if (known !== undefined && fresh.length === 0) continue;
    const lines = [known?.description ?? titles[(definitions[0] as ErrorDefinition).kind], ...fresh.map(({ code, detail }) => `- \`${code}\`: ${detail}`)];
    all[status] = { ...known, description: lines.join('\n'), content: { ...known?.content, ...contentOf([...codes, ...fresh.map(({ code }) => code)].sort(), dialect) } };
  }
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The codes that a response of ours can have. */
export function codesOf({ content, description }: Response): string[] {
  const schema = content?.[problemMediaType]?.schema as { readonly allOf?: readonly { readonly properties?: { readonly code?: { readonly enum?: string[] } } }[] } | undefined;
  const listed = schema?.allOf?.[1]?.properties?.code?.enum;
  // Errors of other specifications are not limited to ours, so their codes stand in the description alone.
  return listed ?? [...description.matchAll(/^- `([a-z0-9_]+)`: /gm)].map(([, code]) => code ?? '');
}

function contentOf(codes: readonly string[], dialect: ErrorDialect): Content {
  if (dialect !== 'problem') return { 'application/json': { schema: { $ref: `#/components/schemas/${foreignErrors[dialect]}` } } };
  return { [problemMediaType]: { schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }] } } };
}

function byStatus(errors: readonly CataloguedError[]): Map<string, ErrorDefinition[]> {
  const groups = new Map<string, ErrorDefinition[]>();
  for (const { definition } of errors) {
    const status = String(statusOf(definition.kind));
    const group = groups.get(status) ?? [];
    if (!group.some(({ code }) => code === definition.code)) group.push(definition);
    groups.set(status, group);
  }
  return groups;
}
