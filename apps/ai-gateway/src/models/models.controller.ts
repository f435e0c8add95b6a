import { Controller, Get } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { ModelsService } from './models.service.js';

@Controller('v1/models')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get()
  @Access('ai.use')
  list() {
    return this.models.list();
  }
}
