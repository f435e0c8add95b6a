import { Body, Controller, Param, Post } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Accepts, Answers, Ctx, Operation, Refuses, RequestContext, TellsErrorsAs } from '@plinth/http';
import { IdempotencyOptional } from '@plinth/idempotency';
import { FlagEvaluationService } from './flag-evaluation.service.js';
import { bulkEvaluationShape, evaluationRequestShape, evaluationShape } from './ofrep-shapes.js';
import { ofrepErrors } from './ofrep.errors.js';

/** The OpenFeature Remote Evaluation Protocol, 0.3.0. */
@Controller('ofrep/v1/evaluate/flags')
@TellsErrorsAs('ofrep')
export class OfrepController {
  constructor(private readonly flags: FlagEvaluationService) {}

  @Post()
  @Operation('evaluateFlags', 'What all feature flags are for a user of the tenant')
  @Access('feature_flag.evaluate', { operators: 'feature_flag.read' })
  @IdempotencyOptional('a question, which changes nothing; OpenFeature’s clients send no key')
  @Accepts(evaluationRequestShape)
  @Answers(200, bulkEvaluationShape, { etag: true, notModified: true })
  @Refuses(ofrepErrors.contextInvalid)
  evaluateAll(@Ctx() ctx: RequestContext, @Body() body: unknown) {
    return this.flags.evaluateAll(ctx, body);
  }

  @Post(':key')
  @Operation('evaluateFlag', 'What a feature flag is for a user of the tenant')
  @Access('feature_flag.evaluate', { operators: 'feature_flag.read' })
  @IdempotencyOptional('a question, which changes nothing; OpenFeature’s clients send no key')
  @Accepts(evaluationRequestShape)
  @Answers(200, evaluationShape)
  @Refuses(ofrepErrors.contextInvalid, ofrepErrors.flagNotFound)
  evaluateOne(@Ctx() ctx: RequestContext, @Param('key') key: string, @Body() body: unknown) {
    return this.flags.evaluateOne(ctx, key, body);
  }
}
