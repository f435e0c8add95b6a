import { Controller, Get } from '@nestjs/common';
import { Public } from '@plinth/auth';
import { Answer, Answers, Operation, shape } from '@plinth/http';
import { privacyNoticeShape } from './privacy-notice.js';
import { PrivacyPage } from './privacy-page.service.js';

/** So long a browser or a proxy need not ask again; both change with a release or the configuration alone. */
const cached = { 'cache-control': 'public, max-age=300' };

@Controller()
export class PrivacyController {
  constructor(private readonly privacy: PrivacyPage) {}

  @Get('v1/privacy-notice')
  @Operation('getPrivacyNotice', 'What is stored of people, why, how long and where')
  @Public('people read it before they sign up')
  @Answers(200, privacyNoticeShape, { etag: true })
  read() {
    return new Answer(this.privacy.notice, cached);
  }

  @Get('privacy')
  @Operation('getPrivacyPage', 'The privacy notice as a page')
  @Public('people read it before they sign up')
  @Answers(200, shape.text(), { etag: true, contentTypes: ['text/html'] })
  show() {
    return new Answer(this.privacy.page, { 'content-type': 'text/html; charset=utf-8', ...cached });
  }
}
