import { Controller, Get } from '@nestjs/common';
import { Answers, Operation, shape, WithoutIdentity } from '@plinth/http';
import { ApiDocumentService } from './api-document.service.js';

@Controller('v1/openapi.json')
@WithoutIdentity('the API document is open to whoever wants to know the API')
export class ApiDocumentController {
  constructor(private readonly api: ApiDocumentService) {}

  @Get()
  @Operation('getApiDocument', 'This document')
  @Answers(200, shape.anyObject('An OpenAPI 3.1 document.'), { etag: true })
  read() {
    return this.api.read();
  }
}
