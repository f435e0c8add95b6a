import { noNestExceptionInService } from './no-nest-exception-in-service.ts';
import { testRule } from './testing.ts';

testRule('no-nest-exception-in-service', noNestExceptionInService, {
  passes: [
    { name: 'other things of Nest pass', code: "import { Injectable } from '@nestjs/common';" },
    { name: 'an exception of the domain passes', code: "import { LeaseLostException } from './lease.errors.js';" },
  ],
  fails: [
    { name: 'an exception of the family is reported', code: "import { Injectable, NotFoundException } from '@nestjs/common';", reports: ['exception'] },
    { name: 'its base under another name is reported', code: "import { HttpException as Failure } from '@nestjs/common';", reports: ['exception'] },
    { name: 'a status is reported', code: "import { HttpStatus } from '@nestjs/common';", reports: ['exception'] },
    { name: 'the way over the namespace is reported', code: "import * as nest from '@nestjs/common';\nthrow new nest.ConflictException();", reports: ['exception'] },
  ],
});
