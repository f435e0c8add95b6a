import { controllerIsOneLine } from './controller-is-one-line.ts';
import { testRule } from './testing.ts';

const route = (body: string) => `import { Get } from '@nestjs/common';\nclass C {\n  @Get()\n  find(id) { ${body} }\n}`;

testRule('controller-is-one-line', controllerIsOneLine, {
  passes: [
    { name: 'one return passes', code: route('return this.service.find(id);') },
    { name: 'one awaited call passes', code: 'import { Post } from "@nestjs/common";\nclass C { @Post() async run() { await this.service.run(); } }' },
    { name: 'a mapping expression passes', code: route('return this.service.list(id).map((row) => row.id);') },
    { name: 'a method that is no route may be longer', code: 'class C { find(id) { const a = id; return a; } }' },
  ],
  fails: [
    { name: 'two statements are reported', code: route('const found = this.service.find(id); return found;'), reports: ['long'] },
    { name: 'a branch is reported', code: route('if (id) return this.service.find(id);'), reports: ['long'] },
    { name: 'a try is reported', code: route('try { return this.service.find(id); } catch { return null; }'), reports: ['long'] },
    { name: 'logic in a nested function is reported', code: route('return this.run(() => { const a = id; return a; });'), reports: ['long'] },
  ],
});
