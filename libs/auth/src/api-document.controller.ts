import { Controller, Get } from '@nestjs/common';
import { Answers, ApiDescription, shape } from '@plinth/http';
import { ServicesOnly } from './access.decorators.js';

/** The service's own part of the API document, which the gateway joins with those of the others (ADR 0024). */
@Controller('internal/v1/openapi.json')
export class ApiDocumentController {
  constructor(private readonly description: ApiDescription) {}

  /** OpenAPI 3.1, of this service's routes alone. */
  @Get()
  @ServicesOnly('the gateway joins the documents of all services, across tenants')
  @Answers(200, shape.anyObject(), { etag: true })
  read() {
    return this.description.document;
  }
}
