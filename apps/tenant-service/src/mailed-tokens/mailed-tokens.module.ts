import { Module } from '@nestjs/common';
import { MailedTokensRepository } from './mailed-tokens.repository.js';

@Module({ providers: [MailedTokensRepository], exports: [MailedTokensRepository] })
export class MailedTokensModule {}
