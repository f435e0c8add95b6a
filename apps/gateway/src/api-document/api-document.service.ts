import { Injectable } from '@nestjs/common';
import { Answer, ApiDescription, contentTagOf } from '@plinth/http';
import { ownPaths, routeTable } from '../routing/route-table.js';
import { joinedDocument } from './joined-document.js';
import { ServiceDocuments } from './service-documents.js';

const upstreams = [...new Set(routeTable.map(({ upstream }) => upstream))];

@Injectable()
export class ApiDocumentService {
  private made: { readonly of: readonly unknown[]; readonly answer: Answer<Buffer> } | undefined;

  constructor(
    private readonly description: ApiDescription,
    private readonly documents: ServiceDocuments,
  ) {}

  /** The document of the whole public API, as the services describe it now. It is joined anew only where one of theirs has changed. */
  async read(): Promise<Answer<Buffer>> {
    const services = await this.documents.of(upstreams);
    const parts = upstreams.map((name) => services.get(name));
    if (this.made === undefined || this.made.of.some((part, index) => part !== parts[index])) {
      const document = joinedDocument({ routes: routeTable, own: this.description.document, ownPaths, services });
      this.made = { of: parts, answer: answerOf(Buffer.from(JSON.stringify(document))) };
    }
    return this.made.answer;
  }
}

function answerOf(bytes: Buffer): Answer<Buffer> {
  return new Answer(bytes, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'public, max-age=30', etag: contentTagOf(bytes) });
}
