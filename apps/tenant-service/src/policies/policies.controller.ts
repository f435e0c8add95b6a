import { Controller, Get } from '@nestjs/common';
import { Public } from '@plinth/auth';
import { policies } from './policies.js';

@Controller('v1/policies')
export class PoliciesController {
  @Get()
  @Public('sign-up shows these documents before there is an account')
  list() {
    return { data: policies };
  }
}
