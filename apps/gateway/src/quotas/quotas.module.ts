import { Module } from '@nestjs/common';
import { CallersModule } from '../callers/callers.module.js';
import { UpstreamsModule } from '../upstreams/upstreams.module.js';
import { ApiCallQuota } from './api-call-quota.js';

@Module({ imports: [CallersModule, UpstreamsModule], providers: [ApiCallQuota], exports: [ApiCallQuota] })
export class QuotasModule {}
