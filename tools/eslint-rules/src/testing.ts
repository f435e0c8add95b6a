import { RuleTester, type Rule } from 'eslint';
import { parser } from 'typescript-eslint';
import type { HouseRule } from './ast.ts';

interface ValidCase {
  /** What the case shows, as an outcome. */
  readonly name: string;
  readonly code: string;
  readonly filename?: string;
}

interface InvalidCase extends ValidCase {
  /** The `messageId`s that are reported, in their order in the file. */
  readonly reports: readonly string[];
}

/** Runs a rule over cases in TypeScript without type information; each case is a test of its own. */
export function testRule(name: string, rule: HouseRule, cases: { readonly passes: readonly ValidCase[]; readonly fails: readonly InvalidCase[] }): void {
  const tester = new RuleTester({ languageOptions: { parser } });
  // The two types describe the same object: typescript-eslint's knows decorators and type annotations, ESLint's does not.
  tester.run(name, rule as unknown as Rule.RuleModule, {
    valid: cases.passes.map((each) => ({ ...each })),
    invalid: cases.fails.map(({ reports, ...each }) => ({ ...each, errors: reports.map((messageId) => ({ messageId })) })),
  });
}
