import { mutationDeclaresIdempotency } from './mutation-declares-idempotency.ts';
import { testRule } from './testing.ts';

const route = (decorators: string) =>
  `import { All, Delete, Get, Patch, Post, Put } from '@nestjs/common';\nclass C {\n  ${decorators}\n  change() { return this.service.change(); }\n}`;

testRule('mutation-declares-idempotency', mutationDeclaresIdempotency, {
  passes: [
    { name: 'an idempotent write passes', code: route('@Post() @Idempotent()') },
    { name: 'an idempotent write with options passes', code: route("@Patch(':id') @Idempotent({ subject: 'email' })") },
    { name: 'an optional key with its reason passes', code: route("@Post() @IdempotencyOptional('OFREP clients send no key')") },
    { name: 'a read needs no declaration', code: route('@Get()') },
  ],
  fails: [
    ...['Post', 'Put', 'Patch', 'Delete', 'All'].map((verb) => ({
      name: `@${verb} without a declaration is reported`,
      code: route(`@${verb}()`),
      reports: ['missing'],
    })),
    { name: 'an optional key without a reason is reported', code: route("@Post() @IdempotencyOptional('')"), reports: ['reason'] },
    { name: 'a reason that is computed is reported', code: route('@Post() @IdempotencyOptional(reason)'), reports: ['reason'] },
    { name: 'two declarations at once are reported', code: route("@Post() @Idempotent() @IdempotencyOptional('x')"), reports: ['several'] },
  ],
});
