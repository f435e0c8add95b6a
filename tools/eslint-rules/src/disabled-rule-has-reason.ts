import type { HouseRule } from './ast.ts';

const directive = /^\s*eslint-disable(?:-next-line|-line)?(?<rest>[\s\S]*)$/;

/** A rule is switched off by its name and with a reason: `// eslint-disable-next-line some-rule -- why`. */
export const disabledRuleHasReason: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'A disabled rule is named, and has its reason beside it.' },
    messages: {
      reason: 'Say why the rule is disabled: `// eslint-disable-next-line some-rule -- why`.',
      name: 'Name the rule that is disabled; a bare directive disables them all.',
    },
  },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          const rest = directive.exec(comment.value)?.groups?.['rest'];
          if (rest === undefined) continue;
          const [rules = '', ...reason] = rest.split(/\s-{2,}\s/);
          // Column -1: a problem at the comment's own place would be hidden by the very directive it is about.
          const loc = { start: { line: comment.loc.start.line, column: -1 }, end: comment.loc.end };
          if (rules.trim() === '') context.report({ loc, messageId: 'name' });
          if (reason.join('').trim() === '') context.report({ loc, messageId: 'reason' });
        }
      },
    };
  },
};
