import { Controller, HttpCode, Post } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Ctx, RequestContext } from '@plinth/http';
import { IdempotencyOptional } from '@plinth/idempotency';
import type { Rejection } from '@plinth/kernel';
import { VerificationService, type VerifiedLog } from './verification.service.js';

@Controller('v1/audit/verify')
export class VerificationController {
  constructor(private readonly verification: VerificationService) {}

  @Post()
  @HttpCode(200)
  @Access('audit.verify')
  @IdempotencyOptional('it changes nothing but the log of itself, and auditors call it with plain tools')
  verify(@Ctx() context: RequestContext): Promise<VerifiedLog | Rejection> {
    return this.verification.verify(context);
  }
}
