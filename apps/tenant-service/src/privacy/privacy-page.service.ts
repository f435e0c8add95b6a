import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { TenantServiceConfig } from '../config.js';
import { privacyDocument, type PolicyText } from '../policies/policies.js';
import { privacyNotice, type PrivacyNotice } from './privacy-notice.js';
import { privacyPage } from './privacy-page.js';

/** The privacy notice of this build and configuration: made once a start. */
@Injectable()
export class PrivacyPage {
  readonly notice: PrivacyNotice;
  readonly page: Buffer;
  /** Of the page's bytes, in hexadecimal. */
  readonly sha256: string;
  /** As it is kept with consents to it. */
  readonly asPolicyText: PolicyText;

  constructor(@Inject(TenantServiceConfig) config: Pick<TenantServiceConfig, 'privacyController' | 'privacyContact'>) {
    this.notice = privacyNotice({ name: config.privacyController, contact: config.privacyContact });
    const text = privacyPage(this.notice);
    this.page = Buffer.from(text);
    this.sha256 = createHash('sha256').update(this.page).digest('hex');
    this.asPolicyText = { document: privacyDocument.document, version: privacyDocument.version, sha256: this.sha256, contentType: 'text/html; charset=utf-8', text };
  }
}
