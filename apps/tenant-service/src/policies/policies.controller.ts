import { Controller, Get } from '@nestjs/common';
import { Public } from '@plinth/auth';
import { Answers, Operation, shape } from '@plinth/http';
import { policies, policyShape } from './policies.js';

@Controller('v1/policies')
export class PoliciesController {
  @Get()
  @Operation('listPolicies', 'The documents that sign-up must consent to')
  @Public('sign-up shows these documents before there is an account')
  @Answers(200, shape.record({ data: shape.list(policyShape) }))
  list() {
    return { data: policies };
  }
}
