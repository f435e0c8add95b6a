import { disabledRuleHasReason } from './disabled-rule-has-reason.ts';
import { testRule } from './testing.ts';

testRule('disabled-rule-has-reason', disabledRuleHasReason, {
  passes: [
    { name: 'a rule with its reason passes', code: '// eslint-disable-next-line no-console -- the CLI talks to its terminal\nconsole.log(1);' },
    { name: 'switching it on again needs no reason', code: '/* eslint-disable no-console -- a CLI */\nconsole.log(1);\n/* eslint-enable no-console */' },
    { name: 'prose about the directive is none', code: '// An eslint-disable comment needs its reason.' },
  ],
  fails: [
    { name: 'a rule without a reason is reported', code: '// eslint-disable-next-line no-console\nconsole.log(1);', reports: ['reason'] },
    { name: 'a reason without a rule is reported', code: 'console.log(1); // eslint-disable-line -- it is fine', reports: ['name'] },
    { name: 'a bare directive does not hide itself', code: '/* eslint-disable */\nconsole.log(1);', reports: ['name', 'reason'] },
  ],
});
