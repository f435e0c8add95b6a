import { Module } from '@nestjs/common';
import { RevocationFeed } from './revocation-feed.js';
import { RevocationsController } from './revocations.controller.js';
import { RevocationsRepository } from './revocations.repository.js';
import { RevocationsService } from './revocations.service.js';

@Module({ controllers: [RevocationsController], providers: [RevocationFeed, RevocationsRepository, RevocationsService], exports: [RevocationsRepository] })
export class RevocationsModule {}
