import type { ModulesContainer } from '@nestjs/core';
import { databaseErrors } from '@plinth/database';
import type { CataloguedError } from '@plinth/kernel';
import { apiDocument } from './api-document.js';
import type { OpenApiDocument } from './document-types.js';
import type { ControllerClass } from './operation.js';

/** The document of the app that it is in, made of the controllers that Nest has registered. */
export class ApiDescription {
  private made: OpenApiDocument | undefined;

  /**
   * @param title the service's name
   * @param common what each of its routes can answer besides what decorators say
   */
  constructor(
    private readonly title: string,
    private readonly modules: ModulesContainer,
    private readonly common: readonly CataloguedError[],
  ) {}

  /** Of a service on a database, without which it can answer nothing. */
  static ofService(name: string, modules: ModulesContainer): ApiDescription {
    return new ApiDescription(name, modules, Object.values(databaseErrors));
  }

  /** @throws Error where the routes cannot be described: a defect of the code, found by its tests */
  get document(): OpenApiDocument {
    this.made ??= apiDocument({ title: this.title, controllers: controllersIn(this.modules), common: this.common });
    return this.made;
  }
}

function controllersIn(modules: ModulesContainer): ControllerClass[] {
  const wrappers = [...modules.values()].flatMap((module) => [...module.controllers.values()]);
  return [...new Set(wrappers.map(({ metatype }) => metatype as unknown as ControllerClass))];
}
