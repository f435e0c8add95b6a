import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { Public, SignedIn } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { upstreamErrors } from '@plinth/resilience';
import { legalHoldErrors } from '../legal-holds/legal-holds.errors.js';
import { lockOutErrors } from '../lock-out/lock-out.errors.js';
import { passwordErrors } from '../passwords/passwords.errors.js';
import { secondFactorErrors } from '../second-factor/second-factor.errors.js';
import { RequestErasureDto } from './dto/erasure.dto.js';
import { ErasureCertificate } from './erasure-certificate.js';
import { erasureErrors } from './erasure.errors.js';
import { erasureShape, requestedErasureShape } from './erasure-view.js';
import { ErasuresService } from './erasures.service.js';

@Controller('v1/auth/erasure')
export class ErasuresController {
  constructor(
    private readonly erasures: ErasuresService,
    private readonly certificate: ErasureCertificate,
  ) {}

  @Post()
  @HttpCode(202)
  @Operation('requestErasure', 'Erase the own account and all that is kept of the person')
  @SignedIn('everyone may ask to be forgotten')
  @Idempotent()
  @Answers(202, requestedErasureShape)
  @Refuses(passwordErrors.wrong, secondFactorErrors.wrong, erasureErrors.soleOwner, erasureErrors.operatorAccount, legalHoldErrors.held, lockOutErrors.tooManyAttempts)
  request(@Ctx() ctx: RequestContext, @Body() body: RequestErasureDto) {
    return this.erasures.request(ctx, body);
  }

  @Get(':receipt')
  @Operation('describeErasure', 'What became of an erasure, and its certificate')
  @Public('there is no account any more: who asks has the receipt')
  @Answers(200, erasureShape)
  @Refuses(erasureErrors.notFound, ...Object.values(upstreamErrors))
  describe(@Param('receipt') receipt: string) {
    return this.certificate.describe(receipt);
  }
}
