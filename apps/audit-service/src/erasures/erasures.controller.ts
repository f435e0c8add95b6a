import { Controller, Get, Param, Query } from '@nestjs/common';
import { ServicesOnly } from '@plinth/auth';
import { Answers, UuidPipe } from '@plinth/http';
import { ErasuresAfterQuery } from './dto/erasures-after.query.js';
import { ErasuresService, trailErasureShape, trailErasuresShape, type TrailErasure } from './erasures.service.js';

/** What tenant-service asks for before it certifies an erasure, and when it looks for forgotten ones. */
@Controller('internal/v1/erasures')
export class ErasuresController {
  constructor(private readonly erasures: ErasuresService) {}

  @Get()
  @ServicesOnly('tenant-service holds the erasures of all persons against its own')
  @Answers(200, trailErasuresShape)
  listErasures(@Query() { after }: ErasuresAfterQuery) {
    return this.erasures.listErasures(after ?? null);
  }

  @Get(':id')
  @ServicesOnly('a certificate speaks of all logs')
  @Answers(200, trailErasureShape)
  getErasure(@Param('id', UuidPipe) id: string): Promise<TrailErasure> {
    return this.erasures.getErasure(id);
  }
}
