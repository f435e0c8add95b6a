import { Body, Controller, Get, HttpCode, Post, Res } from '@nestjs/common';
import { ServicesOnly } from '@plinth/auth';
import { IdempotencyOptional } from '@plinth/idempotency';
import type { FastifyReply } from 'fastify';
import { CheckCallerDto } from './dto/check-caller.dto.js';
import { RevocationFeed } from './revocation-feed.js';
import { RevocationsService } from './revocations.service.js';

@Controller('internal/v1')
export class RevocationsController {
  constructor(
    private readonly feed: RevocationFeed,
    private readonly revocations: RevocationsService,
  ) {}

  @Get('revocations')
  @ServicesOnly('gateways refuse by it, across tenants')
  follow(@Res() reply: FastifyReply) {
    return this.feed.follow(reply);
  }

  @Post('callers/check')
  @HttpCode(200)
  @ServicesOnly('a gateway asks it while it hears nothing from the feed')
  @IdempotencyOptional('a question, which changes nothing')
  check(@Body() body: CheckCallerDto) {
    return this.revocations.checkCaller(body);
  }
}
