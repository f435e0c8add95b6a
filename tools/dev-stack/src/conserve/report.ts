import { textTable } from '../status.ts';
import type { Balance, Finding, Reckoning } from './reckoning.ts';

const shown = 20;

const meaning: Readonly<Record<Finding['fault'], string>> = {
  waiting: 'in the outbox, neither published nor skipped',
  'not in Kafka': 'marked as published, and not in Kafka',
  missing: 'published, and neither handled nor in a dead letter',
  surplus: 'handled, and in no outbox',
  'in no outbox': 'in Kafka, and in no outbox',
};

/** A line for each outbox and each group of it, then the ids that break the balance, of each kind the first 20. */
export function reportOf({ balances, findings, until }: Reckoning): string {
  const head = ['source', 'consumer', 'minutes', 'committed', 'published', 'skipped', 'in Kafka', 'handled', 'dead', 'discarded', 'missing'];
  const lines = [textTable(head, balances.map(rowOf))];
  for (const [fault, found] of Map.groupBy(findings, ({ fault }) => fault)) {
    lines.push('', `${fault}: ${found.length}, ${meaning[fault]}`);
    lines.push(...found.slice(0, shown).map(({ id, source, group, eventType, toldAt }) => `  ${[id, toldAt, source, group, eventType].filter((part) => part !== '').join('  ')}`));
    if (found.length > shown) lines.push(`  and ${found.length - shown} more`);
  }
  lines.push('', findings.length === 0 ? `all that was told before ${until} balances` : `${findings.length} events do not balance`);
  return lines.join('\n');
}

function rowOf({ source, group, ...of }: Balance): string[] {
  const dash = (ofOutbox: boolean, count: number) => ((group === '') === ofOutbox ? String(count) : '-');
  return [
    ...[source, group === '' ? '-' : group, String(of.minutes), dash(true, of.committed), String(of.published), dash(true, of.skipped), String(of.inKafka)],
    ...[of.handled, of.dead, of.discarded, of.missing].map((count) => dash(false, count)),
  ];
}
