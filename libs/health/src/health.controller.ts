import { Controller, Get } from '@nestjs/common';
import { WithoutIdentity } from '@plinth/http';
import { HealthProbes } from './health-probes.js';

/** Kubernetes' probes. */
@Controller('health')
@WithoutIdentity('probes carry no identity, and the answers hold nothing but names and states')
export class HealthController {
  constructor(private readonly probes: HealthProbes) {}

  @Get()
  up() {
    return this.probes.up();
  }

  @Get('live')
  live() {
    return this.probes.live();
  }

  @Get('ready')
  ready() {
    return this.probes.ready();
  }
}
