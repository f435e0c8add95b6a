import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import { quotaErrors } from '@plinth/quotas';
import { OpenWindows, standingOf } from './open-windows.js';
import type { Traced } from './quota-events.js';

const metric = 'users';

/**
 * The quota of members: a unit for each membership, in the transaction of its change, so that the two cannot differ. The
 * first window begins with the members that are there.
 */
@Injectable()
export class MemberSeats {
  constructor(private readonly windows: OpenWindows) {}

  /** Before the membership is there. @throws Problem `quota_exhausted` (429), which rolls back */
  async take(tx: Tx, traced: Traced, tenantId: string): Promise<void> {
    const open = await this.windows.claim(tx, traced, tenantId, metric);
    if (!open.window.reserve(1)) throw quotaErrors.exhausted(metric, standingOf(open), open.now);
    open.window.end('reservation', 1, 1);
    await this.windows.save(tx, traced, open.window);
  }

  /** Before the membership is gone. */
  async giveBack(tx: Tx, traced: Traced, tenantId: string): Promise<void> {
    const { window } = await this.windows.claim(tx, traced, tenantId, metric);
    // A membership can be ended whatever the account says.
    if (window.used > 0) window.giveBack(1);
    await this.windows.save(tx, traced, window);
  }
}
