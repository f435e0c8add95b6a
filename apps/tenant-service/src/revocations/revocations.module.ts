import { Module } from '@nestjs/common';
import { RevocationFeed } from './revocation-feed.js';
import { RevocationsController } from './revocations.controller.js';
import { RevocationsRepository } from './revocations.repository.js';

@Module({ controllers: [RevocationsController], providers: [RevocationFeed, RevocationsRepository], exports: [RevocationsRepository] })
export class RevocationsModule {}
