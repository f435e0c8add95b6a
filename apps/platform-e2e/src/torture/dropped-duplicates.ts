import { seriesOf } from '@plinth/testing';
import type { Stack } from './trial.js';

/** How many redelivered events a consumer has dropped since its process began, by its inbox. */
export async function duplicatesDroppedBy(stack: Stack, service: string): Promise<number> {
  const url = stack.facts.services[service]?.url;
  if (url === undefined) throw new Error(`there is no service ${service}`);
  const response = await fetch(`${url}/metrics`);
  const series = seriesOf(await response.text(), 'plinth_consumer_duplicates_total');
  return [...series.values()].reduce((sum, count) => sum + count, 0);
}
