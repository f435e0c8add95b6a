import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Ctx, RequestContext } from '@plinth/http';
import { IdempotencyOptional } from '@plinth/idempotency';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CompletionsService } from './completions.service.js';

/** A stream that lasts longer is told of as unknown until its record is there. */
const leaseSeconds = 600;

@Controller('v1/chat/completions')
export class CompletionsController {
  constructor(private readonly completions: CompletionsService) {}

  @Post()
  @HttpCode(200)
  @Access('ai.use')
  @IdempotencyOptional("OpenAI's clients send no Idempotency-Key", { external: { leaseSeconds } })
  create(@Ctx() ctx: RequestContext, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.completions.create(ctx, request, reply);
  }
}
