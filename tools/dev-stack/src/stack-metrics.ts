import { savedSettings } from './settings.ts';
import { homeAt } from './paths.ts';
import { serviceUrls } from './services.ts';
import { ageText } from './status.ts';

/** One value of a scrape with its labels. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What the running services say of themselves; a service that does not answer says nothing. */
export async function scrapeStack(path: string): Promise<readonly Sample[]> {
  const settings = savedSettings(homeAt(path));
  if (settings === undefined) return [];
  const scrapes = await Promise.allSettled(Object.values(serviceUrls(settings.portBase)).map(scrape));
  return scrapes.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
}

async function scrape(url: string): Promise<Sample[]> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(3_000) });
  return response.status === 200 ? parseScrape(await response.text()) : [];
}

/** Reads Prometheus' text format (version 0.0.4), as far as our services write it: no timestamps, no exemplars. */
export function parseScrape(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-zA-Z_][a-zA-Z0-9_]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [label, text] as const);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}

/** The lines that `make status` prints below its table. Counters count since the start of their service. */
export function metricLines(samples: readonly Sample[], now: Date): readonly string[] {
  if (samples.length === 0) return [];
  return [
    `requests      ${requestsText(samples)}`,
    `outbox        ${outboxText(samples)}`,
    `consumer lag  ${lagText(samples)}`,
    `dead letters  ${deadLettersText(samples)}`,
    `breakers      ${breakersText(samples)}`,
    ...jobTexts(samples, now).map((text, index) => `${index === 0 ? 'jobs' : '    '}          ${text}`),
  ];
}

function requestsText(samples: readonly Sample[]): string {
  const atGateway = (statusClass?: string): number =>
    sum(samples, 'plinth_http_requests_total', ({ service, status_class, route }) => {
      const probe = route?.startsWith('/health') === true || route === '/metrics';
      return service === 'gateway' && !probe && (statusClass === undefined || status_class === statusClass);
    });
  return `${atGateway()} at the gateway: ${atGateway('4xx')} refused (4xx), ${atGateway('5xx')} failed (5xx)`;
}

function outboxText(samples: readonly Sample[]): string {
  const waiting = sum(samples, 'plinth_outbox_events', ({ status }) => status !== 'failed');
  const failed = sum(samples, 'plinth_outbox_events', ({ status }) => status === 'failed');
  const oldest = Math.max(0, ...of(samples, 'plinth_outbox_oldest_unpublished_seconds').map(({ value }) => value));
  return `${waiting} waiting, the oldest for ${ageText(oldest)}; ${failed} failed`;
}

function lagText(samples: readonly Sample[]): string {
  const lags = Map.groupBy(of(samples, 'plinth_consumer_lag_messages'), ({ labels }) => labels['group'] ?? '');
  if (lags.size === 0) return 'unknown';
  return [...lags].map(([group, entries]) => `${group} ${entries.reduce((total, { value }) => total + value, 0)}`).join(', ');
}

function deadLettersText(samples: readonly Sample[]): string {
  const since = sum(samples, 'plinth_consumer_dead_letters_total');
  const kept = of(samples, 'plinth_dead_letters');
  const waiting = kept.filter(({ labels }) => labels['status'] === 'waiting').reduce((total, { value }) => total + value, 0);
  return kept.length === 0 ? `${since} since the start` : `${waiting} waiting; ${since} since the start`;
}

function breakersText(samples: readonly Sample[]): string {
  const open = of(samples, 'plinth_resilience_breaker_state').filter(({ labels, value }) => value === 1 && labels['state'] !== 'closed');
  if (open.length === 0) return 'all closed';
  return open.map(({ labels }) => `${labels['service']} -> ${labels['destination']} ${labels['state']?.replace('_', ' ')}`).join(', ');
}

function jobTexts(samples: readonly Sample[], now: Date): string[] {
  return of(samples, 'plinth_job_last_run_timestamp_seconds')
    .toSorted((one, other) => other.value - one.value)
    .map(({ labels, value }) => `${labels['job']} ${labels['outcome']} ${ageText(Math.max(0, now.getTime() / 1000 - value))} ago`);
}

function of(samples: readonly Sample[], name: string): Sample[] {
  return samples.filter((sample) => sample.name === name);
}

function sum(samples: readonly Sample[], name: string, where: (labels: Sample['labels']) => boolean = () => true): number {
  return of(samples, name).filter(({ labels }) => where(labels)).reduce((total, { value }) => total + value, 0);
}
