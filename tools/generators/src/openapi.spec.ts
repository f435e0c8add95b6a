import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly responses: Readonly<Record<string, object>>;
  readonly security: readonly object[];
  readonly 'x-plinth-capability'?: string;
  readonly 'x-plinth-undescribed'?: boolean;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** `make test` fails where the file is not what the code says; here is whether what it says can be relied on. */
const text = readFileSync(resolve(import.meta.dirname, '../../../docs/openapi.json'), 'utf8');
const document = JSON.parse(text) as Document;
const operations = Object.entries(document.paths).flatMap(([path, byMethod]) => Object.entries(byMethod).map(([method, operation]) => ({ name: `${method} ${path}`, method, path, operation })));

describe('docs/openapi.json', () => {
  it('is valid OpenAPI 3.1, with no reference that leads to nothing', async () => {
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(text) as Record<string, unknown>)).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
    expect(() => validator.resolveRefs()).not.toThrow();
  });

  it('describes every route of the gateway', () => {
    expect(operations.length).toBeGreaterThan(20);
    expect(operations.filter(({ operation }) => operation['x-plinth-undescribed'] === true)).toEqual([]);
  });

  it.each(operations)('says of $name what it answers, in success and in failure', ({ method, path, operation }) => {
    const statuses = Object.keys(operation.responses);
    expect(operation.summary).toMatch(/^[A-Z]/);
    expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
    expect(statuses).toEqual(expect.arrayContaining(['400', '500']));
    expect(operation.parameters?.filter((parameter) => parameter.in === 'path').map(({ name }) => name) ?? []).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    const key = operation.parameters?.find(({ name }) => name === 'Idempotency-Key');
    expect(key === undefined).toBe(method === 'get');
    if (operation.security.length > 0) expect(statuses).toEqual(expect.arrayContaining(['401', '403']));
    if (operation['x-plinth-capability'] !== undefined) expect(operation.security.length).toBeGreaterThan(0);
  });
});
