import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { SMTPServer } from 'smtp-server';
import { bootTenantService } from '../testing.js';
import { MailSeal } from './mail-seal.js';
import { MailWorker } from './mail-worker.js';

interface Received {
  readonly to: readonly string[];
  readonly message: string;
}

/** A real SMTP server, which refuses recipients whose name begins with `full`. */
class MailServer {
  readonly received: Received[] = [];
  private server: SMTPServer | undefined;
  port = 0;

  async start(): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: ({ address }, _, callback) => callback(address.startsWith('full') ? Object.assign(new Error(`mailbox of ${address} is full`), { responseCode: 552 }) : null),
      onData: (stream, { envelope }, callback) => {
        void text(stream).then((message) => {
          this.received.push({ to: envelope.rcptTo.map(({ address }) => address), message });
          callback();
        });
      },
    });
    server.on('error', () => undefined);
    server.listen(this.port, '127.0.0.1');
    await once(server.server, 'listening');
    this.port = (server.server.address() as AddressInfo).port;
    this.server = server;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  to(address: string): readonly Received[] {
    return this.received.filter(({ to }) => to.includes(address));
  }
}

describe('mail by SMTP', () => {
  const server = new MailServer();
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    await server.start();
    service = await bootTenantService({ sendsMail: true, smtpUrl: `smtp://127.0.0.1:${server.port}` });
  });
  afterAll(async () => {
    await service.close();
    await server.stop();
  });

  const mailsOf = (where: string) =>
    service.database.query<{ outcome: string | null; attempts: number; last_error: string | null; kept: boolean }>(
      `SELECT outcome, attempts, last_error, sealed IS NOT NULL AS kept FROM tenancy.mail WHERE ${where} ORDER BY created_at DESC`,
    );
  const dueNow = () => service.database.query('UPDATE tenancy.mail SET due_at = now() WHERE ended_at IS NULL');

  it('hands a message over, as text and as HTML, and forgets whom it was for', async () => {
    const { request } = await service.register();
    await eventually(() => expect(server.to(request.email)).toHaveLength(1));
    const [{ message } = { message: '' }] = server.to(request.email);
    expect(message).toMatch(/^From: Plinth <no-reply@plinth.example>$/m);
    expect(message).toMatch(/^Message-ID: <[0-9a-f-]{36}@plinth>$/m);
    expect(message).toMatch(/^Auto-Submitted: auto-generated$/m);
    expect([message.includes('text/plain'), message.includes('text/html')]).toEqual([true, true]);
    await eventually(async () => expect((await mailsOf('true'))[0]).toEqual({ outcome: 'sent', attempts: 1, last_error: null, kept: false }));
  });

  it('waits while the server is away, and then sends it with the same link', async () => {
    await server.stop();
    const { request } = await service.register();
    await eventually(async () => expect((await mailsOf('ended_at IS NULL'))[0]).toMatchObject({ attempts: 1, kept: true }));
    const tokens = () => service.database.query('SELECT token_hash FROM tenancy.mailed_token WHERE email = $1', [request.email]);
    const before = await tokens();
    await server.start();
    await eventually(async () => {
      await dueNow();
      expect(server.to(request.email)).toHaveLength(1);
    }, { withinMs: 60_000, everyMs: 250 });
    expect(await tokens()).toEqual(before);
  });

  it('gives up what the server has refused twelve times, and tells its code alone', async () => {
    await service.register(`full-${newId()}@plinth.example`);
    await eventually(async () => expect((await mailsOf('ended_at IS NULL'))[0]).toMatchObject({ attempts: 1, last_error: 'smtp_552' }));
    await service.database.query('UPDATE tenancy.mail SET attempts = 11, due_at = now() WHERE ended_at IS NULL');
    await eventually(async () => expect((await mailsOf(`outcome = 'failed'`))[0]).toEqual({ outcome: 'failed', attempts: 12, last_error: 'smtp_552', kept: false }));
  });

  it('sends each mail once, though several look for it at a time, as replicas do', async () => {
    const registered = await Promise.all(Array.from({ length: 10 }, () => service.register()));
    const worker = service.app.get(MailWorker, { strict: false });
    await Promise.all(Array.from({ length: 4 }, () => worker.runOnce(new AbortController().signal)));
    await eventually(async () => expect(await mailsOf('ended_at IS NULL')).toHaveLength(0), { withinMs: 20_000 });
    expect(registered.map(({ request }) => server.to(request.email).length)).toEqual(registered.map(() => 1));
  });

  it('takes over what a replica had in hand when it died, once its lease is over', async () => {
    const { request } = await service.register();
    await eventually(() => expect(server.to(request.email)).toHaveLength(1));
    const [sent] = server.to(request.email);
    const sealed = service.app.get(MailSeal, { strict: false }).seal(request.email);
    // Between the sending and its note.
    await service.database.query(`UPDATE tenancy.mail SET ended_at = NULL, outcome = NULL, sealed = $1, due_at = now() WHERE id = (SELECT max(id::text)::uuid FROM tenancy.mail)`, [sealed]);
    await eventually(() => expect(server.to(request.email)).toHaveLength(2));
    const idOf = (message = '') => /^Message-ID: (.*)$/m.exec(message)?.[1];
    const linkOf = (message = '') => /#token=3?D?([\w-]+)/.exec(message.replace(/=\r?\n/g, ''))?.[1];
    const again = server.to(request.email)[1];
    expect([idOf(again?.message), linkOf(again?.message)]).toEqual([idOf(sent?.message), linkOf(sent?.message)]);
  });
});
