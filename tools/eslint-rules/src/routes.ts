import type { TSESTree } from '@typescript-eslint/utils';
import { constantText, decoratorsOf, type ImportedName, type NamedDecorator } from './ast.ts';

const reading: ReadonlySet<string> = new Set(['Get', 'Head', 'Options', 'Search', 'QueryMethod', 'Propfind', 'Sse']);

/** `All` and `RequestMapping` are here because they take POST as well. */
const writing: ReadonlySet<string> = new Set([
  ...['Post', 'Put', 'Patch', 'Delete', 'All', 'RequestMapping'],
  ...['Proppatch', 'Mkcol', 'Copy', 'Move', 'Lock', 'Unlock'],
]);

export interface Route {
  readonly method: TSESTree.MethodDefinition;
  readonly name: string;
  readonly writes: boolean;
  readonly decorators: readonly NamedDecorator[];
}

/** The route that a method is by its HTTP verb decorator from Nest, or undefined. */
export function routeOf(method: TSESTree.MethodDefinition, imports: ReadonlyMap<string, ImportedName>): Route | undefined {
  const decorators = decoratorsOf(method, imports);
  const writes = decorators.some(({ name }) => writing.has(name));
  if (!writes && !decorators.some(({ name }) => reading.has(name))) return undefined;
  const name = method.key.type === 'Identifier' ? method.key.name : 'this route';
  return { method, name, writes, decorators };
}

/** Whether a decorator's first argument says something: `@Public()` and `@Public(' ')` do not. */
export function hasText(decorator: NamedDecorator): boolean {
  return (constantText(decorator.arguments[0]) ?? '').trim() !== '';
}
