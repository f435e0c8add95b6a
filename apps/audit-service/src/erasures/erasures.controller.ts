import { Controller, Get, Param } from '@nestjs/common';
import { ServicesOnly } from '@plinth/auth';
import { Answers, UuidPipe } from '@plinth/http';
import { ErasuresService, trailErasureShape, type TrailErasure } from './erasures.service.js';

/** What tenant-service asks for before it certifies an erasure. */
@Controller('internal/v1/erasures')
export class ErasuresController {
  constructor(private readonly erasures: ErasuresService) {}

  @Get(':id')
  @ServicesOnly('a certificate speaks of all logs')
  @Answers(200, trailErasureShape)
  getErasure(@Param('id', UuidPipe) id: string): Promise<TrailErasure> {
    return this.erasures.getErasure(id);
  }
}
