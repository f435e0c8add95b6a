import { Injectable } from '@nestjs/common';
import type { AuditRecordedV1Payload } from '@plinth/contracts';
import type { Conn, Tx } from '@plinth/database';
import { systemClock } from '@plinth/kernel';
import type { FreshContent } from './content.js';
import { erasureEntry } from './erasure-entry.js';
import type { SubjectKeys } from './personal-values.js';
import { subjectOf } from './subject-of.js';
import { SubjectKeyRing } from './subject-key-ring.js';
import { SubjectKeysRepository, type LogSubject } from './subject-keys.repository.js';
import { subjectsOfRow, type EntryRow } from './stored-entry.js';

/** What is to be written to a log. */
interface ContentOfLog {
  readonly tenantId: string;
  readonly content: FreshContent;
}

/** The keys for entries of several logs. */
export interface KeysOfLogs {
  of(tenantId: string): SubjectKeys;
  /** Entries that belong into the logs to which values of erased subjects come only now: they tell why those are not kept. */
  readonly erasures: readonly AuditRecordedV1Payload[];
}

/** A key for each subject of each log, from its first value until the subject is erased (ADR 0048). */
@Injectable()
export class SubjectKeysService {
  constructor(
    private readonly keys: SubjectKeysRepository,
    private readonly ring: SubjectKeyRing,
  ) {}

  /** The keys for these entries; a subject that has none gets one. Before any log is locked. */
  async keysFor(tx: Tx, contents: readonly ContentOfLog[]): Promise<KeysOfLogs> {
    const wanted = subjectsOfContents(contents);
    const known = wanted.length === 0 ? [] : await this.keys.listKeysOfLogs(tx, wanted);
    const names = new Set(known.map(nameOf));
    const missing = wanted.filter((subject) => !names.has(nameOf(subject)));
    const erased = missing.length === 0 ? [] : await this.add(tx, missing);
    const rows = missing.length === 0 ? known : [...known, ...(await this.keys.listKeysOfLogs(tx, missing))];
    const byLog = Map.groupBy(rows, ({ tenantId }) => tenantId);
    const opened = new Map([...byLog].map(([tenantId, ofLog]) => [tenantId, this.ring.open(ofLog)]));
    return { of: (tenantId) => opened.get(tenantId) ?? this.ring.open([]), erasures: erased.map((subject) => erasureEntry(subject, subject.erasureId)) };
  }

  /** The keys that it takes to read these rows of one log. */
  async keysOfRows(conn: Conn, tenantId: string, rows: readonly EntryRow[]): Promise<SubjectKeys> {
    const subjects = [...new Set(rows.flatMap(subjectsOfRow))];
    return this.ring.open(subjects.length === 0 ? [] : await this.keys.listKeys(conn, tenantId, subjects));
  }

  private async add(tx: Tx, missing: readonly LogSubject[]) {
    // An erasure takes it alone: a key that is being made is not one that it could see.
    await this.keys.lockAdding(tx);
    return await this.keys.addKeys(tx, missing, missing.map(() => this.ring.make()), systemClock.now());
  }
}

function nameOf({ tenantId, subject }: LogSubject): string {
  return `${tenantId} ${subject}`;
}

function subjectsOfContents(contents: readonly ContentOfLog[]): LogSubject[] {
  const subjects = contents.flatMap(({ tenantId, content }) => Object.keys(content.personal).map((pointer) => ({ tenantId, subject: subjectOf(pointer, content.visible) })));
  return [...new Map(subjects.map((subject) => [nameOf(subject), subject])).values()];
}
