import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { policies } from '../policies/policies.js';
import { sessionOf } from '../sessions/own-sessions.service.js';
import type { ConsentView } from './consent-view.js';
import { ConsentsRepository, type ConsentRow } from './consents.repository.js';

@Injectable()
export class ConsentsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly consents: ConsentsRepository,
  ) {}

  /** What the caller has agreed to. @throws Problem `session_required` (403) for a caller without a session */
  async listOwn(ctx: RequestContext): Promise<{ data: readonly ConsentView[] }> {
    const { accountId } = sessionOf(ctx.principal);
    const rows = await this.transactor.read(ctx, (conn) => this.consents.listOf(conn, accountId));
    return { data: rows.map(viewOf) };
  }
}

function viewOf({ document, version, givenAt, ip }: ConsentRow): ConsentView {
  const policy = policies.find((candidate) => candidate.document === document);
  return { document, version, givenAt: givenAt.toISOString(), ip, required: policy?.required === true, current: policy?.version === version };
}
