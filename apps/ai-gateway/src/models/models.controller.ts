import { Controller, Get } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Operation, Refuses, shape, TellsErrorsAs } from '@plinth/http';
import { upstreamErrors } from '@plinth/resilience';
import { modelShape, ModelsService } from './models.service.js';

@Controller('v1/models')
@TellsErrorsAs('openai')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get()
  @Operation('listModels', 'List the models')
  @Access('ai.use')
  @Answers(200, shape.record({ object: shape.just('list'), data: shape.list(modelShape) }))
  @Refuses(...Object.values(upstreamErrors))
  list() {
    return this.models.list();
  }
}
