import type { OpenApiDocument, OperationObject, ResponseObject } from '@plinth/http';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** An answer as a client sees it. */
export interface SeenAnswer {
  readonly method: string;
  /** Path of the request, with or without a query. */
  readonly path: string;
  readonly status: number;
  readonly header: (name: string) => string | null | undefined;
  readonly body: string;
}

interface PathRule {
  readonly template: string;
  readonly pattern: RegExp;
  readonly operations: Readonly<Record<string, OperationObject>>;
}

/**
 * Holds answers against an OpenAPI document: the status is one of the route's, the headers that it promises are there, the
 * content has the type and the schema that it says. So a document that has ceased to be true fails the tests that see the routes.
 */
export class ApiRules {
  // Unknown keywords are OpenAPI's own: the whole document is added as one schema, for its references.
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly paths: readonly PathRule[];
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(private readonly document: OpenApiDocument) {
    addFormats.default(this.ajv);
    this.ajv.addSchema({ ...document, $id: 'api' });
    // Literal paths first, as routers have it.
    this.paths = Object.entries(document.paths)
      .map(([template, operations]) => ({ template, operations, pattern: new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`) }))
      .sort((a, b) => Number(a.template.includes('{')) - Number(b.template.includes('{')));
  }

  /** What is not as documented, in words; nothing for a route that is not in the document. */
  violationsOf(answer: SeenAnswer): string[] {
    const path = answer.path.split('?')[0] ?? '';
    const rule = this.paths.find(({ pattern }) => pattern.test(path));
    const method = answer.method.toLowerCase();
    const operation = rule?.operations[method];
    if (rule === undefined || operation === undefined) return [];
    const name = `${answer.method} ${rule.template} ${answer.status}`;
    const response = operation.responses[answer.status];
    if (response === undefined) return [`${name} is not documented: ${answer.body.slice(0, 300)}`];
    return this.responseViolations(answer, this.resolved(response), pointerTo(rule.template, method, answer.status)).map((violation) => `${name}: ${violation}`);
  }

  private responseViolations(answer: SeenAnswer, response: ResponseObject, pointer: string): string[] {
    const missing = Object.entries(response.headers ?? {}).filter(([name, { required }]) => required === true && (answer.header(name) ?? null) === null);
    const violations = missing.map(([name]) => `has no ${name}`);
    if (response.content === undefined) return answer.body === '' ? violations : [...violations, 'has a body'];
    const type = answer.header('content-type')?.split(';')[0]?.trim() ?? '';
    const content = response.content[type];
    if (content === undefined) return [...violations, `has the type ${type}`];
    if (content.schema === undefined) return violations;
    const at = '$ref' in response ? (response.$ref as string).slice(1) : pointer;
    const validate = this.validator(`${at}/content/${escaped(type)}/schema`);
    if (!validate(JSON.parse(answer.body))) violations.push(...(validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`));
    return violations;
  }

  private resolved(response: ResponseObject): ResponseObject {
    const { $ref } = response as { readonly $ref?: string };
    if ($ref === undefined) return response;
    const shared = this.document.components?.responses?.[$ref.split('/').at(-1) ?? ''];
    return { ...(shared as ResponseObject), $ref } as ResponseObject;
  }

  private validator(pointer: string): ValidateFunction {
    const known = this.compiled.get(pointer) ?? this.ajv.compile({ $ref: `api#${pointer}` });
    this.compiled.set(pointer, known);
    return known;
  }
}

function pointerTo(template: string, method: string, status: number): string {
  return `/paths/${escaped(template)}/${method}/responses/${status}`;
}

/** RFC 6901, in the fragment of a URI. */
function escaped(token: string): string {
  return encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1'));
}
