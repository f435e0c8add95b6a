import { Injectable } from '@nestjs/common';
import type { UserErasedV1Payload } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { shape, type Described } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { erasureEntry } from '../trail/erasure-entry.js';
import { SubjectKeysRepository } from '../trail/subject-keys.repository.js';
import { TrailService } from '../trail/trail.service.js';

/** What became of an erasure here. */
export const trailErasureShape = shape.named(
  'TrailErasure',
  shape.record({
    erasedAt: shape.nullable(shape.dateTime('Null where nothing is known of it, yet.')),
    logs: shape.integer('Logs in which personal values were made unreadable.'),
    keys: shape.integer('Keys that were destroyed.'),
  }),
);
export type TrailErasure = Described<typeof trailErasureShape>;

/** As many as tenant-service reads of its own at a time. */
const pageSize = 500;

export const trailErasuresShape = shape.record({ data: shape.list(shape.record({ id: shape.uuid(), subjects: shape.list(shape.text()) })) });

/** Makes the personal values of a person unreadable in all logs, and says so in each; no leaf changes (ADR 0048). */
@Injectable()
export class ErasuresService {
  constructor(
    private readonly transactor: Transactor,
    private readonly keys: SubjectKeysRepository,
    private readonly trail: TrailService,
  ) {}

  /** In the transaction of the event. What was erased before stays so. */
  async erase(tx: Tx, { erasureId, subjects }: UserErasedV1Payload): Promise<void> {
    const now = systemClock.now();
    await this.keys.lockErasing(tx);
    await this.keys.insertErasures(tx, erasureId, subjects, now);
    const destroyed = await this.keys.destroyKeys(tx, subjects, now);
    await this.trail.append(tx, destroyed.map((subject) => erasureEntry(subject, erasureId)));
  }

  /** All that is known of erasures, in the order of their ids, 500 at a time. @param after null from the first on */
  async listErasures(after: string | null): Promise<Described<typeof trailErasuresShape>> {
    return { data: await this.transactor.readSystem('erasure_of_trail', (conn) => this.keys.listErasures(conn, after, pageSize)) };
  }

  /** For the certificate. */
  async getErasure(erasureId: string): Promise<TrailErasure> {
    return await this.transactor.readSystem('erasure_of_trail', (conn) => this.keys.getErasure(conn, erasureId));
  }
}
