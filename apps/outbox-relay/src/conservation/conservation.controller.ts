import { Controller, Get, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Operation, shape } from '@plinth/http';
import { balanceShape, unbalancedMinuteShape } from './conservation-view.js';
import { ConservationService } from './conservation.service.js';
import { ListUnbalancedQuery } from './dto/list-unbalanced.query.js';

@Controller('v1/admin/conservation')
export class ConservationController {
  constructor(private readonly conservation: ConservationService) {}

  @Get()
  @Operation('describeConservation', 'Whether what was told in the last day was published, and handled or put aside')
  @Access('outbox.read')
  @Answers(200, shape.record({ data: shape.list(balanceShape) }))
  describeBalance() {
    return this.conservation.describeBalance();
  }

  @Get('unbalanced')
  @Operation('listUnbalancedMinutes', 'List minutes that do not balance, with ids that break them')
  @Access('outbox.read')
  @Answers(200, shape.page(unbalancedMinuteShape))
  listUnbalanced(@Query() query: ListUnbalancedQuery) {
    return this.conservation.listUnbalanced(query);
  }
}
