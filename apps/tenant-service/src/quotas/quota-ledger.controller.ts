import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ServicesOnly } from '@plinth/auth';
import { Ctx, RequestContext } from '@plinth/http';
import { IdempotencyOptional } from '@plinth/idempotency';
import { EndBlocksDto, LeaseDto, ReleaseDto, ReserveDto, SettleDto } from './dto/ledger.dto.js';
import { QuotaPeriodsService } from './quota-periods.service.js';
import { QuotaLedgerService } from './quota-ledger.service.js';

/** @ruleExempt outbox: it counts what others do and audit, a million times a day; what passes a threshold is an event, what operators decide is audited */
@Controller('internal/v1/quotas')
export class QuotaLedgerController {
  constructor(
    private readonly ledger: QuotaLedgerService,
    private readonly periods: QuotaPeriodsService,
  ) {}

  @Post('reserve')
  @HttpCode(200)
  @ServicesOnly('services take and give back units of the tenants that they serve')
  @IdempotencyOptional('the id of the grant, chosen by its taker, makes a repeat known as one')
  reserve(@Ctx() ctx: RequestContext, @Body() body: ReserveDto) {
    return this.ledger.reserve(ctx, body);
  }

  @Post('settle')
  @HttpCode(200)
  @ServicesOnly('services take and give back units of the tenants that they serve')
  @IdempotencyOptional('the id of the grant, chosen by its taker, makes a repeat known as one')
  settle(@Ctx() ctx: RequestContext, @Body() body: SettleDto) {
    return this.ledger.settle(ctx, body);
  }

  @Post('release')
  @HttpCode(200)
  @ServicesOnly('services take and give back units of the tenants that they serve')
  @IdempotencyOptional('the id of the grant, chosen by its taker, makes a repeat known as one')
  release(@Ctx() ctx: RequestContext, @Body() body: ReleaseDto) {
    return this.ledger.release(ctx, body);
  }

  @Post('lease')
  @HttpCode(200)
  @ServicesOnly('services take and give back units of the tenants that they serve')
  @IdempotencyOptional('the id of the grant, chosen by its taker, makes a repeat known as one')
  lease(@Ctx() ctx: RequestContext, @Body() body: LeaseDto) {
    return this.ledger.lease(ctx, body);
  }

  @Post('end-blocks')
  @HttpCode(200)
  @ServicesOnly('services take and give back units of the tenants that they serve')
  @IdempotencyOptional('the id of the grant, chosen by its taker, makes a repeat known as one')
  endBlocks(@Ctx() ctx: RequestContext, @Body() body: EndBlocksDto) {
    return this.ledger.endBlocks(ctx, body);
  }

  @Post('close-periods')
  @HttpCode(200)
  @ServicesOnly('the scheduler says when; nothing of a tenant is told')
  @IdempotencyOptional('what is closed already is passed over')
  closePeriods(@Ctx() ctx: RequestContext) {
    return this.periods.closeEnded(ctx);
  }
}
