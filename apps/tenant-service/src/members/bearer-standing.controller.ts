import { Controller, Get, Param } from '@nestjs/common';
import { ServicesOnly } from '@plinth/auth';
import { UuidPipe } from '@plinth/http';
import { BearerStandingService } from './bearer-standing.service.js';

@Controller('internal/v1/accounts')
export class BearerStandingController {
  constructor(private readonly bearers: BearerStandingService) {}

  @Get(':id/standing')
  @ServicesOnly('a gateway asks what a bearer belongs to by now, across tenants')
  get(@Param('id', UuidPipe) id: string) {
    return this.bearers.get(id);
  }
}
