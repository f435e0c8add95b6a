import { Controller, Get, Param } from '@nestjs/common';
import { ServicesOnly } from '@plinth/auth';
import { Answers, shape, UuidPipe } from '@plinth/http';
import { FlagEvaluationService } from './flag-evaluation.service.js';

/** What services evaluate flags by on their own (libs/flags). */
@Controller('internal/v1')
export class FlagSourceController {
  constructor(private readonly flags: FlagEvaluationService) {}

  @Get('feature-flags')
  @ServicesOnly('services evaluate flags for their own callers, of all tenants')
  @Answers(200, shape.record({ data: shape.list(shape.anyObject()) }), { etag: true })
  listDefinitions() {
    return this.flags.listDefinitions();
  }

  @Get('tenants/:id/tier')
  @ServicesOnly('a rule may ask for the tier of whatever tenant a service answers')
  @Answers(200, shape.record({ tier: shape.text() }))
  getTier(@Param('id', UuidPipe) id: string) {
    return this.flags.getTier(id);
  }
}
