import { Module } from '@nestjs/common';
import { Provider } from './provider.js';

@Module({ providers: [Provider], exports: [Provider] })
export class ProviderModule {}
