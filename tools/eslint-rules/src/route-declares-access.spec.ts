import { routeDeclaresAccess } from './route-declares-access.ts';
import { testRule } from './testing.ts';

const nest = "import { Controller, Get, Post } from '@nestjs/common';";
const route = (decorators: string) => `${nest}\n@Controller()\nclass C {\n  ${decorators}\n  find() { return this.service.find(); }\n}`;

testRule('route-declares-access', routeDeclaresAccess, {
  passes: [
    { name: 'a capability is enough', code: route("@Get() @Access('tenant.read')") },
    { name: 'an open route gives its reason', code: route("@Post() @Public('sign-up comes before any credential')") },
    { name: 'a route of the service itself gives its reason', code: route("@Get() @WithoutIdentity('metrics are read from the machine')") },
    { name: 'probes are declared once, at their class', code: `${nest}\n@WithoutIdentity('probes') class C { @Get() live() { return 1; } @Get('r') ready() { return 1; } }` },
    { name: 'a method that is no route needs nothing', code: route('') },
    { name: 'an accessor decorated by something else is no route', code: 'class C { @Column() get name() { return 1; } }' },
  ],
  fails: [
    { name: 'a route without a declaration is reported', code: route('@Get()'), reports: ['missing'] },
    {
      name: 'a verb imported under another name is still a route',
      code: "import { Get as Read } from '@nestjs/common';\nclass C { @Read() find() { return 1; } }",
      reports: ['missing'],
    },
    {
      name: 'a verb of a namespace import is still a route',
      code: "import * as nest from '@nestjs/common';\nclass C { @nest.Get() find() { return 1; } }",
      reports: ['missing'],
    },
    { name: "a class-level declaration does not stand for its routes'", code: `${nest}\n@Public('all of it') class C { @Get() find() { return 1; } }`, reports: ['missing'] },
    { name: 'an open route without a reason is reported', code: route('@Get() @Public()'), reports: ['empty'] },
    { name: 'probes without a reason are reported', code: `${nest}\n@WithoutIdentity() class C { @Get() live() { return 1; } }`, reports: ['empty'] },
    { name: 'white space is no reason', code: route("@Get() @Public('  ')"), reports: ['empty'] },
    { name: 'a capability that is computed is reported', code: route('@Get() @Access(capability)'), reports: ['empty'] },
    { name: 'open and guarded at once is reported', code: route("@Get() @Access('tenant.read') @Public('x')"), reports: ['both'] },
  ],
});
