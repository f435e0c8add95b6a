import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import type { MailKind } from './mail-kinds.js';

export interface NewMail {
  readonly id: string;
  readonly kind: MailKind;
  readonly sealed: Buffer;
  readonly createdAt: Date;
}

/** A mail that this replica sends now. */
export interface ClaimedMail {
  readonly id: string;
  readonly kind: MailKind;
  readonly sealed: Buffer;
  readonly createdAt: Date;
  /** This try included, from 1. */
  readonly attempts: number;
}

/** Sent; for an address that nobody who may have it has; or given up. */
export type MailOutcome = 'sent' | 'nobody' | 'failed';

/**
 * Lock: SKIP LOCKED, so that replicas take different ones. The lease is the new `due_at`: who dies with a mail in hand leaves it
 * due again. Index: idx_mail_due.
 */
const claimDue = `
  UPDATE tenancy.mail mail SET attempts = mail.attempts + 1, due_at = now() + make_interval(secs => $2)
  FROM (SELECT id FROM tenancy.mail WHERE ended_at IS NULL AND due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED) due
  WHERE mail.id = due.id
  RETURNING mail.id, mail.kind, mail.sealed, mail.created_at AS "createdAt", mail.attempts`;

@Injectable()
export class MailRepository {
  async insert(tx: Tx, { id, kind, sealed, createdAt }: NewMail): Promise<void> {
    await tx.query('INSERT INTO tenancy.mail (id, kind, sealed, created_at, due_at) VALUES ($1, $2, $3, $4, $4)', [id, kind, sealed, createdAt]);
  }

  /** As the system, like all that follows: mails belong to no tenant. @param leaseSeconds after which another may take what has not ended */
  async claimDue(tx: Tx, limit: number, leaseSeconds: number): Promise<readonly ClaimedMail[]> {
    return await tx.query<ClaimedMail>(claimDue, [limit, leaseSeconds]);
  }

  /** Whom it was for is forgotten. */
  async end(tx: Tx, id: string, outcome: MailOutcome, error: string | null): Promise<void> {
    await tx.query('UPDATE tenancy.mail SET ended_at = now(), outcome = $2, last_error = $3, sealed = NULL WHERE id = $1 AND ended_at IS NULL', [id, outcome, error]);
  }

  async postpone(tx: Tx, id: string, delayMs: number, error: string): Promise<void> {
    await tx.query(`UPDATE tenancy.mail SET due_at = now() + $2 * interval '1 millisecond', last_error = $3 WHERE id = $1 AND ended_at IS NULL`, [id, delayMs, error]);
  }
}
