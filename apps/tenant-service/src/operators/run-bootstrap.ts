import { configClass, serviceFields, text } from '@plinth/config';
import { schemaOf } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, CommitHint, Outbox } from '@plinth/outbox';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { OperatorsRepository } from './operators.repository.js';
import { OperatorsService } from './operators.service.js';

const email = text('OPERATOR_EMAIL', { description: 'Address with which the first operator signs in.' });
const password = text('OPERATOR_PASSWORD', { description: 'Password of the first operator, of 12 to 200 characters.', secret: true });

/** What the command is told from outside. */
export class BootstrapOperatorConfig extends configClass({
  systemDatabaseUrl: serviceFields.systemDatabaseUrl,
  email: {
    ...email,
    parse: (raw: string) => {
      if (!/^[^\s@]+@[^\s@]+$/.test(raw) || raw.length > 254) throw new Error('must be an e-mail address');
      return raw.toLowerCase();
    },
  },
  password: {
    ...password,
    parse: (raw: string) => {
      if (raw.length < 12 || raw.length > 200) throw new Error('must have 12 to 200 characters');
      return raw;
    },
  },
}) {}

/**
 * The whole of the command: one line of what was done, exit code 1 with the cause.
 *
 * @ruleExempt pii: a command, which tells whoever runs it what it did
 */
export async function runBootstrap(config: BootstrapOperatorConfig): Promise<void> {
  const url = config.systemDatabaseUrl;
  const transactor = new Transactor({ appDatabaseUrl: url, systemDatabaseUrl: url, poolSize: 1, applicationName: 'bootstrap-operator' });
  try {
    const schema = schemaOf('tenant-service');
    const audit = new AuditTrail(new Outbox(schema, new CommitHint(transactor, schema)), systemClock);
    const operators = new OperatorsService(transactor, new OperatorsRepository(transactor), new PasswordHasher(), audit);
    process.stdout.write(`operator: ${await operators.bootstrap(config.email, config.password)}\n`);
  } catch (error) {
    process.stderr.write(`operator: ${(error as { detail?: string }).detail ?? (error as Error).message}\n`);
    process.exitCode = 1;
  } finally {
    await transactor.close();
  }
}
