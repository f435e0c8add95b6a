import type { TSESTree } from '@typescript-eslint/utils';
import { constantText, importedName, isGlobal, propertyName, type HouseRule } from './ast.ts';

/** Modules that exist to call out: any value import of them is one. */
const clients: ReadonlySet<string> = new Set(['undici', 'axios', 'nodemailer', 'got', 'ky', 'node-fetch', 'superagent']);

/** Exports that call out, of modules that have other uses as well (`createServer`, types, `createLocalJWKSet`). */
const callers: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['http', new Set(['request', 'get', 'ClientRequest'])],
  ['https', new Set(['request', 'get'])],
  ['http2', new Set(['connect'])],
  ['net', new Set(['connect', 'createConnection', 'Socket'])],
  ['tls', new Set(['connect'])],
  ['dgram', new Set(['createSocket'])],
  ['jose', new Set(['createRemoteJWKSet'])],
]);

const globals: ReadonlySet<string> = new Set(['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest']);

/** What leaves the process does so through libs/resilience: with a deadline, a breaker for its destination and a retry budget. */
export const outsideCallThroughResilience: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'A call to the outside goes through @plinth/resilience.' },
    messages: {
      call: '{{what}} calls the outside without deadline, breaker and retry budget: go through @plinth/resilience.',
    },
  },
  create(context) {
    /** Local names of whole modules whose members may call out, e.g. `import * as http from 'node:http'`. */
    const modules = new Map<string, string>();

    function report(node: TSESTree.Node, what: string) {
      context.report({ node, messageId: 'call', data: { what } });
    }

    function checkModule(node: TSESTree.Node, source: string | undefined) {
      if (source !== undefined && clients.has(packageOf(source))) report(node, `'${source}'`);
    }

    return {
      ImportDeclaration(node) {
        if (node.importKind === 'type') return;
        const module = packageOf(node.source.value);
        for (const specifier of node.specifiers) {
          if (specifier.type === 'ImportSpecifier' && specifier.importKind === 'type') continue;
          const name = importedName(specifier);
          if (clients.has(module)) report(specifier, `'${node.source.value}'`);
          else if (callers.get(module)?.has(name) === true) report(specifier, `${module}.${name}`);
          else if (callers.has(module) && (name === '*' || name === 'default')) modules.set(specifier.local.name, module);
        }
      },
      ImportExpression(node) {
        checkModule(node, constantText(node.source));
      },
      CallExpression(node) {
        if (node.callee.type === 'Identifier' && node.callee.name === 'require') checkModule(node, constantText(node.arguments[0]));
      },
      Identifier(node) {
        if (!globals.has(node.name) || !isValueUse(node) || !isGlobal(node, context.sourceCode)) return;
        report(node, node.name);
      },
      MemberExpression(node) {
        const name = propertyName(node);
        if (node.object.type !== 'Identifier' || name === undefined) return;
        const module = modules.get(node.object.name);
        if (module !== undefined && callers.get(module)?.has(name) === true) report(node, `${module}.${name}`);
        if (node.object.name === 'globalThis' && globals.has(name)) report(node, name);
      },
    };
  },
};

/** `node:http` -> `http`, `undici/types` -> `undici`; scoped packages keep their scope. */
function packageOf(source: string): string {
  const parts = source.replace(/^node:/, '').split('/');
  return parts.slice(0, source.startsWith('@') ? 2 : 1).join('/');
}

/** Leaves out names of members, keys and types: `client.fetch`, `{ fetch: 1 }`, `typeof fetch` in a type. */
function isValueUse(node: TSESTree.Identifier): boolean {
  const { parent } = node;
  if (parent.type === 'MemberExpression') return parent.object === node || parent.computed;
  if (parent.type === 'Property') return parent.value === node;
  if (parent.type === 'TSTypeQuery' || parent.type === 'TSTypeReference' || parent.type === 'TSQualifiedName') return false;
  if (parent.type === 'CallExpression' || parent.type === 'NewExpression') return true;
  const declares = ['MethodDefinition', 'PropertyDefinition', 'TSPropertySignature', 'TSMethodSignature', 'TSAbstractMethodDefinition'];
  return !declares.includes(parent.type) || ('value' in parent && parent.value === node);
}
