import { Controller, Get } from '@nestjs/common';
import { Answers, Operation, Refuses, WithoutIdentity } from '@plinth/http';
import { healthShape, HealthProbes } from './health-probes.js';
import { healthErrors } from './health.errors.js';

/** Kubernetes' probes. */
@Controller('health')
@WithoutIdentity('probes carry no identity, and the answers hold nothing but names and states')
export class HealthController {
  constructor(private readonly probes: HealthProbes) {}

  /** 200 as long as it is answered, with what is not up named. */
  @Get()
  @Operation('getHealth', 'Whether the gateway is up, and what it leans on')
  @Answers(200, healthShape)
  up() {
    return this.probes.up();
  }

  /** 200 as long as it is answered. Asks no dependency: a restart would mend none. */
  @Get('live')
  @Operation('getLiveness', 'Whether the gateway’s process answers')
  @Answers(200, healthShape)
  live() {
    return this.probes.live();
  }

  /** 200 while requests can be served. @throws Problem `not_ready` (503), `draining` (503) once its end has been asked for */
  @Get('ready')
  @Operation('getReadiness', 'Whether the gateway can serve')
  @Answers(200, healthShape)
  @Refuses(healthErrors.notReady, healthErrors.draining)
  ready() {
    return this.probes.ready();
  }
}
