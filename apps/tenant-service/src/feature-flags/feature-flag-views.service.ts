import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { Answer, etagOf, SignedCursor, type Page, type PageQuery, type RequestContext } from '@plinth/http';
import { FeatureFlag, type FeatureFlagView, type FlagState } from './feature-flag.entity.js';
import { FeatureFlagsRepository } from './feature-flags.repository.js';
import { flagChangeView, type FlagChange, type FlagChangeView } from './flag-change.js';

/** What operators see of flags. */
@Injectable()
export class FeatureFlagViewsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly flags: FeatureFlagsRepository,
    private readonly cursors: SignedCursor,
  ) {}

  /** Those in use, by key. @throws Problem `cursor_invalid` (400) */
  async list(ctx: RequestContext, query: PageQuery): Promise<Page<FeatureFlagView>> {
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['feature-flags'],
      read: (after: string | null, limit) => this.transactor.read(ctx, (conn) => this.flags.listFlags(conn, after, limit)),
      positionOf: ({ key }: FlagState) => key,
    });
    return { data: rows.map((state) => new FeatureFlag(state).toView()), nextCursor };
  }

  /** @throws Problem `feature_flag_not_found` (404) */
  async get(ctx: RequestContext, key: string) {
    const flag = await this.transactor.read(ctx, (conn) => this.flags.getFlag(conn, key));
    return new Answer(flag.toView(), { etag: etagOf(flag.state.version) });
  }

  /** Of all flags that had the key, newest first; empty for a key that none had. @throws Problem `cursor_invalid` (400) */
  async listChanges(ctx: RequestContext, key: string, query: PageQuery): Promise<Page<FlagChangeView>> {
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['feature-flag-changes', key],
      read: (before: number | null, limit) => this.transactor.read(ctx, (conn) => this.flags.listChanges(conn, key, before, limit)),
      positionOf: ({ sequence }: FlagChange) => sequence,
    });
    return { data: rows.map(flagChangeView), nextCursor };
  }
}
