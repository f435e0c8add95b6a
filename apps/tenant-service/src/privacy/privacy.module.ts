import { Module } from '@nestjs/common';
import { PrivacyPage } from './privacy-page.service.js';
import { PrivacyController } from './privacy.controller.js';

@Module({ controllers: [PrivacyController], providers: [PrivacyPage], exports: [PrivacyPage] })
export class PrivacyModule {}
