import { Controller, Post, Req, Res } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Accepts, Answers, BodyLimit, Ctx, Operation, Refuses, RequestContext, TellsErrorsAs } from '@plinth/http';
import { IdempotencyOptional } from '@plinth/idempotency';
import { quotaErrors } from '@plinth/quotas';
import { upstreamErrors } from '@plinth/resilience';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { chatCompletionShape, chatRequestShape } from './completion-shapes.js';
import { completionErrors } from './completions.errors.js';
import { CompletionsService } from './completions.service.js';

/** A stream that lasts longer is told of as unknown until its record is there. */
const leaseSeconds = 600;
/** Prompts carry images and documents. */
const bodyLimitBytes = 10 * 1_048_576;

@Controller('v1/chat/completions')
@TellsErrorsAs('openai')
export class CompletionsController {
  constructor(private readonly completions: CompletionsService) {}

  @Post()
  @Operation('createChatCompletion', 'Ask a model, whole or streamed')
  @Access('ai.use')
  @IdempotencyOptional("OpenAI's clients send no Idempotency-Key", { external: { leaseSeconds } })
  @BodyLimit(bodyLimitBytes)
  @Accepts(chatRequestShape)
  @Answers(200, chatCompletionShape, { contentTypes: ['application/json', 'text/event-stream'] })
  @Refuses(...Object.values(completionErrors), ...Object.values(quotaErrors), ...Object.values(upstreamErrors))
  create(@Ctx() ctx: RequestContext, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.completions.create(ctx, request, reply);
  }
}
