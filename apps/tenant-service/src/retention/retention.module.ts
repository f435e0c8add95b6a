import { Module } from '@nestjs/common';
import { RetentionEnforcementService } from './retention-enforcement.service.js';
import { RetentionPoliciesService } from './retention-policies.service.js';
import { RetentionController } from './retention.controller.js';
import { RetentionRepository } from './retention.repository.js';

@Module({ controllers: [RetentionController], providers: [RetentionRepository, RetentionPoliciesService, RetentionEnforcementService] })
export class RetentionModule {}
