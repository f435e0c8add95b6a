import { Controller, Post } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext } from '@plinth/http';
import { IdempotencyOptional } from '@plinth/idempotency';
import type { Rejection } from '@plinth/kernel';
import { verificationErrors } from './verification.errors.js';
import { VerificationService, verifiedLogShape, type VerifiedLog } from './verification.service.js';

@Controller('v1/audit/verify')
export class VerificationController {
  constructor(private readonly verification: VerificationService) {}

  @Post()
  @Operation('verifyAuditTrail', 'Verify the whole audit trail')
  @Access('audit.verify')
  @IdempotencyOptional('it changes nothing but the log of itself, and auditors call it with plain tools')
  @Answers(200, verifiedLogShape)
  @Refuses(verificationErrors.chainBroken)
  verify(@Ctx() context: RequestContext): Promise<VerifiedLog | Rejection> {
    return this.verification.verify(context);
  }
}
