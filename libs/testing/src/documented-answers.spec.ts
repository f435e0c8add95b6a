import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Answers, ApiDescription, createHttpApp, Operation, shape } from '@plinth/http';
import { defineErrors } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { DocumentedAnswers } from './documented-answers.js';

const errors = defineErrors({
  secret: { code: 'thing_secret', kind: 'conflict', detail: 'Nobody was told of this.', remedy: 'Wonder.' },
});

@Controller('things')
class ThingsController {
  @Get('true')
  @Operation('tellTruth', 'True')
  @Answers(200, shape.record({ size: shape.integer() }), { etag: true })
  tellTruth() {
    return { size: 1 };
  }

  @Get('more')
  @Operation('tellMore', 'More than documented')
  @Answers(200, shape.record({ size: shape.integer() }))
  tellMore() {
    return { size: 1, password: 'x' };
  }

  @Get('other')
  @Operation('tellOther', 'Other than documented')
  @Answers(200, shape.record({ size: shape.integer() }))
  tellOther() {
    return { size: 'large' };
  }

  @Get('refused')
  @Operation('refuse', 'Refused')
  @Answers(200, shape.record({}))
  refuse() {
    throw errors.secret();
  }

  @Get('untold')
  untold() {
    return { anything: true };
  }
}

@Module({
  controllers: [ThingsController],
  providers: [{ provide: ApiDescription, inject: [ModulesContainer], useFactory: (modules: ModulesContainer) => new ApiDescription('things', modules, []) }],
})
class ThingsModule {}

async function violationsAfter(...paths: string[]): Promise<string> {
  const app = await createHttpApp(ThingsModule, { logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
  const answers = DocumentedAnswers.of(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  for (const url of paths) await app.inject({ method: 'GET', url });
  await app.close();
  try {
    answers.assertAllDocumented();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('DocumentedAnswers', () => {
  it('is content with what is as documented, and with routes that are in no document', async () => {
    expect(await violationsAfter('/things/true', '/things/untold', '/nothing')).toBe('');
  });

  it.each([
    ['a member that no schema has', '/things/more', 'GET /things/more 200: / must NOT have additional properties {"additionalProperty":"password"}'],
    ['a value of another type', '/things/other', 'GET /things/other 200: /size must be integer'],
    ['a failure that is not documented', '/things/refused', 'GET /things/refused 409 is not documented'],
  ])('finds %s', async (_, path, message) => {
    expect(await violationsAfter('/things/true', path)).toContain(message);
  });
});
