import { Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ApiDescription } from '@plinth/http';
import { CallersModule } from '../callers/callers.module.js';
import { UpstreamsModule } from '../upstreams/upstreams.module.js';
import { ApiDocumentController } from './api-document.controller.js';
import { ApiDocumentService } from './api-document.service.js';
import { ServiceDocuments } from './service-documents.js';

/** `GET /v1/openapi.json`: the services' documents, joined (ADR 0024). */
@Module({
  imports: [CallersModule, UpstreamsModule],
  controllers: [ApiDocumentController],
  providers: [
    ApiDocumentService,
    ServiceDocuments,
    { provide: ApiDescription, inject: [ModulesContainer], useFactory: (modules: ModulesContainer) => new ApiDescription('gateway', modules, []) },
  ],
})
export class ApiDocumentModule {}
