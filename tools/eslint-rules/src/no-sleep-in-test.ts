import type { TSESTree } from '@typescript-eslint/utils';
import { constantText, importedName, isGlobal, propertyName, valueImports, type HouseRule } from './ast.ts';

const sleepName = /^(?:sleep|delay|wait|pause)(?:For)?(?:Ms|Seconds)?$/i;
const goesOn = /(?:^|\.)(?:done|resolve|reject)$|\b(?:done|resolve|reject|expect)\(/;
const timerModules: ReadonlySet<string> = new Set(['node:timers', 'timers', 'node:timers/promises', 'timers/promises']);
const waitingImports: ReadonlySet<string> = new Set(['setTimeout', 'setInterval', 'scheduler', '*', 'default']);

/** A test waits for what it expects and not for time to pass: a sleep is too short on a busy machine and too long on every other. */
export const noSleepInTest: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'A test does not sleep.' },
    messages: {
      sleep: '{{what}} waits for time to pass: wait for the outcome with eventually(), a signal, or fake timers.',
    },
  },
  create(context) {
    const imports = valueImports(context.sourceCode.ast);

    function report(node: TSESTree.Node, what: string) {
      context.report({ node, messageId: 'sleep', data: { what } });
    }

    /**
     * Whether a timer lets the test go on: within a promise's executor, or by what it calls. One that a fake server
     * uses to answer late is left alone.
     */
    function letsTestGoOn(timer: TSESTree.CallExpression): boolean {
      const inExecutor = context.sourceCode
        .getAncestors(timer)
        .some((ancestor) => ancestor.type === 'NewExpression' && context.sourceCode.getText(ancestor.callee) === 'Promise');
      return inExecutor || (timer.arguments[0] !== undefined && goesOn.test(context.sourceCode.getText(timer.arguments[0])));
    }

    return {
      ImportDeclaration(node) {
        if (node.importKind === 'type' || !timerModules.has(node.source.value)) return;
        for (const specifier of node.specifiers) {
          if (waitingImports.has(importedName(specifier))) report(specifier, `'${node.source.value}'`);
        }
      },
      ImportExpression(node) {
        const source = constantText(node.source);
        if (source !== undefined && timerModules.has(source)) report(node, `'${source}'`);
      },
      CallExpression(node) {
        const { callee } = node;
        if (node.arguments.some((argument) => argument.type === 'Identifier' && argument.name === 'setTimeout')) report(node, 'setTimeout');
        if (callee.type === 'MemberExpression') {
          const called = `${context.sourceCode.getText(callee.object)}.${propertyName(callee) ?? ''}`;
          if (called === 'Atomics.wait' || (called === 'globalThis.setTimeout' && letsTestGoOn(node))) report(node, called);
        } else if (callee.type === 'Identifier') {
          const name = imports.get(callee.name)?.name ?? callee.name;
          const isTimer = name === 'setTimeout' && isGlobal(callee, context.sourceCode);
          if (sleepName.test(name) || (isTimer && letsTestGoOn(node))) report(node, `${name}()`);
        }
      },
    };
  },
};
