import { Module, type DynamicModule } from '@nestjs/common';

/** An app's configuration under its own class as the token, for every module of the app. */
@Module({})
export class ConfigModule {
  /** @param config an instance of the app's own class, which is the token */
  static forRoot(config: object): DynamicModule {
    const provider = { provide: config.constructor, useValue: config };
    return { module: ConfigModule, global: true, providers: [provider], exports: [provider] };
  }
}
