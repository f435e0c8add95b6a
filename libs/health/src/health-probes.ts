import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorFunction,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { drainingOf, shape, type Described } from '@plinth/http';
import { checkTimeoutMs, DependencyChecks, type DependencyCheck } from './dependency-check.js';
import { healthErrors } from './health.errors.js';

/** What the probes answer, by Terminus. */
@Injectable()
export class HealthProbes {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly dependencies: DependencyChecks,
    private readonly host: HttpAdapterHost,
  ) {}

  /** The service is up; what it leans on is told, and does not change the status. */
  async up(): Promise<HealthSummary> {
    const checks = this.dependencies.list.map((dependency) => this.indicator({ ...dependency, essential: false }));
    return summaryOf(await this.health.check(checks));
  }

  /** The process answers. It asks nobody else: a restart would not mend a dependency. */
  async live(): Promise<HealthSummary> {
    return summaryOf(await this.health.check([]));
  }

  /** Ready to serve: 503 without an essential dependency, else 200 with what is `degraded` named. @throws Problem `not_ready` (503), `draining` (503) once its end has been asked for */
  async ready(): Promise<HealthSummary> {
    if (drainingOf(this.host.httpAdapter.getHttpServer() as object).active) throw healthErrors.draining();
    try {
      return summaryOf(await this.health.check(this.dependencies.list.map((dependency) => this.indicator(dependency))));
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      const { status, details } = summaryOf(error.getResponse() as HealthCheckResult);
      throw healthErrors.notReady({ status, details });
    }
  }

  private indicator({ name, essential, check }: DependencyCheck): HealthIndicatorFunction {
    const session = this.indicators.check(name);
    return async (): Promise<HealthIndicatorResult> => {
      // Terminus turns a failed or late attempt into `down`; what went wrong is in the log of who tried.
      const attempt = await session.attempt(async () => void (await check())).withTimeout(checkTimeoutMs);
      if (attempt[name]?.status === 'up') return session.up();
      return essential ? session.down() : session.degraded();
    };
  }
}

export const healthShape = shape.named(
  'Health',
  shape.record({
    status: shape.oneOf(['ok', 'degraded', 'error', 'shutting_down']),
    degraded: shape.list(shape.text(), 'The names of what is not up.'),
    details: shape.mapOf(shape.openRecord({ status: shape.text() }), 'By name of what the service leans on.'),
  }),
);
export type HealthSummary = Described<typeof healthShape>;

function summaryOf({ status, details }: HealthCheckResult): HealthSummary {
  const names = Object.entries(details).filter(([, { status: state }]) => state !== 'up');
  return { status, degraded: names.map(([name]) => name), details };
}
