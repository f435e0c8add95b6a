import ts from 'typescript';
import type { RuleName } from '../model.ts';

/**
 * The reason that the source gives for what a rule would object to: the tag `@ruleExempt <rule>: <why>` in the comment of a
 * declaration or statement around the place. Undefined where there is none, or no words behind the rule's name.
 */
export function exemptionAt(node: ts.Node, rule: RuleName): string | undefined {
  for (let at: ts.Node | undefined = node; at !== undefined && !ts.isSourceFile(at); at = at.parent as ts.Node | undefined) {
    for (const tag of ts.getJSDocTags(at)) {
      if (tag.tagName.text !== 'ruleExempt') continue;
      const text = ts.getTextOfJSDocComment(tag.comment) ?? '';
      const [, name, reason] = /^([a-z-]+):?\s+(\S[\s\S]*)$/.exec(text) ?? [];
      if (name === rule && reason !== undefined) return reason.replace(/\s+/g, ' ').trim();
    }
  }
  return undefined;
}
