import { Controller, Get, Param } from '@nestjs/common';
import { ServicesOnly } from '@plinth/auth';
import { UuidPipe } from '@plinth/http';
import { ApiKeysService } from './api-keys.service.js';

@Controller('internal/v1/api-keys')
export class ApiKeyFactsController {
  constructor(private readonly keys: ApiKeysService) {}

  @Get(':id')
  @ServicesOnly('a gateway verifies a key by its facts before it knows a tenant')
  getFacts(@Param('id', UuidPipe) id: string) {
    return this.keys.getFacts(id);
  }
}
