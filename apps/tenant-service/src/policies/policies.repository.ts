import { Injectable } from '@nestjs/common';
import { isUniqueViolation, type Conn, type Tx } from '@plinth/database';
import type { PolicyText, PolicyVersion } from './policies.js';
import { policyErrors } from './policies.errors.js';

export interface NewPolicyVersion {
  readonly id: string;
  readonly document: string;
  readonly version: string;
  readonly title: string;
  readonly required: boolean;
  readonly effectiveFrom: Date;
  readonly graceDays: number;
  readonly publishedAt: Date;
  readonly publishedBy: string;
}

/** Of each document the version that took effect last. A few rows: a document has a few versions. */
export const policiesInForce = `
  SELECT DISTINCT ON (document) document, version, title, required, effective_from, grace_days
  FROM tenancy.policy_version WHERE effective_from <= now() ORDER BY document, effective_from DESC`;

const versions = `
  SELECT p.document, p.version, p.title, p.required, p.effective_from AS "effectiveFrom",
    p.effective_from + make_interval(days => p.grace_days) AS "graceEndsAt",
    EXISTS (SELECT FROM (${policiesInForce}) f WHERE f.document = p.document AND f.version = p.version) AS "inForce",
    (SELECT encode(t.sha256, 'hex') FROM tenancy.policy_text t WHERE t.document = p.document AND t.version = p.version ORDER BY t.first_shown_at DESC LIMIT 1) AS sha256
  FROM tenancy.policy_version p`;

const texts = `SELECT document, version, encode(sha256, 'hex') AS sha256, content_type AS "contentType", text FROM tenancy.policy_text`;

@Injectable()
export class PoliciesRepository {
  /** What is in force, required ones first. */
  async listInForce(conn: Conn | Tx): Promise<readonly PolicyVersion[]> {
    return await conn.query<PolicyVersion>(`SELECT * FROM (${versions}) v WHERE v."inForce" ORDER BY NOT v.required, v.document DESC`);
  }

  /** All of a document, those to come among them, newest first. */
  async listVersions(conn: Conn | Tx, document: string): Promise<readonly PolicyVersion[]> {
    return await conn.query<PolicyVersion>(`${versions} WHERE p.document = $1 ORDER BY p.effective_from DESC`, [document]);
  }

  async findText(conn: Conn, sha256: string): Promise<PolicyText | null> {
    const [row] = await conn.query<PolicyText>(`${texts} WHERE sha256 = decode($1, 'hex')`, [sha256]);
    return row ?? null;
  }

  /** The one of a version that was shown last. */
  async findNewestText(conn: Conn, document: string, version: string): Promise<PolicyText | null> {
    const [row] = await conn.query<PolicyText>(`${texts} WHERE document = $1 AND version = $2 ORDER BY first_shown_at DESC LIMIT 1`, [document, version]);
    return row ?? null;
  }

  /** Nothing where the text is there. */
  async keepText(tx: Tx, { document, version, sha256, contentType, text }: PolicyText, shownAt: Date): Promise<void> {
    await tx.query(
      `INSERT INTO tenancy.policy_text (sha256, document, version, content_type, text, first_shown_at)
       SELECT decode($1, 'hex'), $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT FROM tenancy.policy_text WHERE sha256 = decode($1, 'hex'))
       ON CONFLICT (sha256) DO NOTHING`,
      [sha256, document, version, contentType, text, shownAt],
    );
  }

  /** @throws Problem `policy_version_taken` (409) */
  async insertVersion(tx: Tx, policy: NewPolicyVersion): Promise<void> {
    try {
      await tx.query(
        `INSERT INTO tenancy.policy_version (id, document, version, title, required, effective_from, grace_days, published_at, published_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [policy.id, policy.document, policy.version, policy.title, policy.required, policy.effectiveFrom, policy.graceDays, policy.publishedAt, policy.publishedBy],
      );
    } catch (error) {
      const taken = isUniqueViolation(error, 'policy_version_unique') || isUniqueViolation(error, 'policy_version_one_at_a_time');
      throw taken ? policyErrors.versionTaken() : error;
    }
  }
}
