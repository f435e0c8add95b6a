import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ServicesOnly } from '@plinth/auth';
import { UuidPipe } from '@plinth/http';
import { IdempotencyOptional } from '@plinth/idempotency';
import { ApiKeysService } from './api-keys.service.js';
import { ApiKeyUsesDto } from './dto/api-key-uses.dto.js';

/** @ruleExempt outbox: that a key was used is told by what it did, which is audited where it was done; the stamp is for people who look for keys that nobody uses */
@Controller('internal/v1/api-keys')
export class ApiKeyFactsController {
  constructor(private readonly keys: ApiKeysService) {}

  @Get(':id')
  @ServicesOnly('a gateway verifies a key by its facts before it knows a tenant')
  getFacts(@Param('id', UuidPipe) id: string) {
    return this.keys.getFacts(id);
  }

  @Post('uses')
  @HttpCode(204)
  @ServicesOnly('gateways tell of the keys that they have let in')
  @IdempotencyOptional('the later of two times stands, so telling it twice changes nothing')
  stamp(@Body() body: ApiKeyUsesDto) {
    return this.keys.noteUses(body.uses);
  }
}
