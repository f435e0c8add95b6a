import { Controller, Get } from '@nestjs/common';
import { Answer, WithoutIdentity } from '@plinth/http';
import { Metrics } from '@plinth/telemetry';

/** Prometheus scrapes each service at its own port; the gateway forwards no `/metrics`. */
@Controller('metrics')
@WithoutIdentity('a scraper carries no identity, and no label holds anything of a request')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  /** Prometheus' text format, as `Metrics.text` gives it. */
  @Get()
  text() {
    return this.metrics.text().then(({ body, contentType }) => new Answer(Buffer.from(body), { 'content-type': contentType }));
  }
}
