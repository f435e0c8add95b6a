import { STATUS_CODES } from 'node:http';
import type { OpenApiDocument, OperationObject, ResponseObject } from '@plinth/http';

type Paths = OpenApiDocument['paths'];

/**
 * Most routes fail alike. A response of failure that several have is listed once, as `Conflict`, `Conflict2`, ... in the order
 * of the paths, and referred to.
 */
export function shareResponses(paths: Paths): { readonly paths: Paths; readonly responses: Readonly<Record<string, ResponseObject>> } {
  const uses = new Map<string, number>();
  for (const response of failuresIn(paths)) uses.set(JSON.stringify(response), (uses.get(JSON.stringify(response)) ?? 0) + 1);
  const names = new Map<string, string>();
  const responses: Record<string, ResponseObject> = {};
  const share = (status: string, response: ResponseObject): ResponseObject => {
    const text = JSON.stringify(response);
    if (Number(status) < 400 || (uses.get(text) ?? 0) < 2) return response;
    const name = names.get(text) ?? freeName((STATUS_CODES[status] ?? `Status ${status}`).replace(/\W/g, ''), responses);
    names.set(text, name);
    responses[name] = response;
    return { $ref: `#/components/responses/${name}` } as unknown as ResponseObject;
  };
  const shared = mapOperations(paths, (operation) => ({ ...operation, responses: mapEntries(operation.responses, share) }));
  return { paths: shared, responses };
}

function failuresIn(paths: Paths): ResponseObject[] {
  const operations = Object.values(paths).flatMap((byMethod) => Object.values(byMethod));
  return operations.flatMap(({ responses }) => Object.entries(responses).filter(([status]) => Number(status) >= 400).map(([, response]) => response));
}

function freeName(word: string, taken: Readonly<Record<string, unknown>>): string {
  let name = word;
  for (let number = 2; name in taken; number++) name = `${word}${number}`;
  return name;
}

function mapOperations(paths: Paths, map: (operation: OperationObject) => OperationObject): Paths {
  return mapEntries(paths, (_, byMethod) => mapEntries(byMethod, (_method, operation) => map(operation)));
}

function mapEntries<T>(record: Readonly<Record<string, T>>, map: (key: string, value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(key, value)]));
}
