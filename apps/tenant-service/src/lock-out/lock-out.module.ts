import { Module } from '@nestjs/common';
import { LoginAttempts } from './login-attempts.js';
import { LoginAttemptsRepository } from './login-attempts.repository.js';

@Module({ providers: [LoginAttempts, LoginAttemptsRepository], exports: [LoginAttempts] })
export class LockOutModule {}
