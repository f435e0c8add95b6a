import { Injectable } from '@nestjs/common';
import { Transactor, type Tx } from '@plinth/database';
import { Answer, type RequestContext } from '@plinth/http';
import { PrivacyPage } from '../privacy/privacy-page.service.js';
import { privacyDocument, type PolicyText, type PolicyVersion, type PolicyVersionView, type PolicyView } from './policies.js';
import { policyErrors } from './policies.errors.js';
import { PoliciesRepository } from './policies.repository.js';
import { policyPage } from './policy-page.js';
import { policyVersionView, policyView } from './policy-views.js';

/** What is shown can change with the next publication; who has the entity tag is answered without the text. */
const cached = { 'cache-control': 'public, max-age=60' };
/** A text is found by its hash: it never is another. */
const forEver = { 'cache-control': 'public, max-age=31536000, immutable' };
const html = 'text/html; charset=utf-8';

/** What anybody may read of the documents: which are in force, which were before or will be, and their exact words. */
@Injectable()
export class PolicyDocumentsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly policies: PoliciesRepository,
    private readonly privacy: PrivacyPage,
  ) {}

  async list(ctx: RequestContext): Promise<{ data: readonly PolicyView[] }> {
    const rows = await this.transactor.read(ctx, (conn) => this.policies.listInForce(conn));
    return { data: rows.map((row) => policyView(this.asShownNow(row), this.privacy.sha256)) };
  }

  /** @throws Problem `policy_not_found` (404) */
  async listVersions(ctx: RequestContext, document: string): Promise<{ data: readonly PolicyVersionView[] }> {
    const rows = await this.transactor.read(ctx, (conn) => this.policies.listVersions(conn, document));
    if (rows.length === 0) throw policyErrors.notFound();
    return { data: rows.map((row) => policyVersionView(this.asShownNow(row), this.privacy.sha256)) };
  }

  /** @throws Problem `policy_not_found` (404) */
  async getVersion(ctx: RequestContext, document: string, version: string): Promise<PolicyVersionView> {
    const found = (await this.listVersions(ctx, document)).data.find((one) => one.version === version);
    if (found === undefined) throw policyErrors.notFound();
    return found;
  }

  /** Byte for byte what was shown. @throws Problem `policy_not_found` (404) */
  async getText(ctx: RequestContext, sha256: string): Promise<Answer<Buffer>> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw policyErrors.notFound();
    const text = sha256 === this.privacy.sha256 ? this.privacy.asPolicyText : await this.transactor.read(ctx, (conn) => this.policies.findText(conn, sha256));
    if (text === null) throw policyErrors.notFound();
    return new Answer(Buffer.from(text.text), { 'content-type': text.contentType, ...forEver });
  }

  /** The page of the version in force, or of the one that is named. @throws Problem `policy_not_found` (404) */
  async getPage(ctx: RequestContext, document: string, version?: string): Promise<Answer<Buffer>> {
    const { row, text } = await this.transactor.read(ctx, async (conn) => {
      const versions = await this.policies.listVersions(conn, document);
      const wanted = versions.find((one) => (version === undefined ? one.inForce : one.version === version));
      return { row: wanted, text: wanted === undefined || isBuiltIn(wanted) ? null : await this.policies.findNewestText(conn, document, wanted.version) };
    });
    const shown = row !== undefined && isBuiltIn(row) ? this.privacy.asPolicyText : text;
    if (row === undefined || shown === null) throw policyErrors.notFound();
    return new Answer(Buffer.from(shown.contentType === html ? shown.text : policyPage(row, shown)), { 'content-type': html, ...cached });
  }

  /**
   * The hash of what was shown of a version that is being agreed to. The privacy notice, which the service makes, is kept with the
   * first consent to it.
   */
  async textAgreedTo(tx: Tx, policy: PolicyVersion, at: Date): Promise<string | null> {
    if (!isBuiltIn(policy)) return policy.sha256;
    await this.policies.keepText(tx, this.privacy.asPolicyText, at);
    return this.privacy.sha256;
  }

  private asShownNow(row: PolicyVersion): PolicyVersion {
    return isBuiltIn(row) ? { ...row, sha256: this.privacy.sha256 } : row;
  }
}

function isBuiltIn({ document, version }: Pick<PolicyText, 'document' | 'version'>): boolean {
  return document === privacyDocument.document && version === privacyDocument.version;
}
