import type { Metrics } from '@plinth/telemetry';
import { createTransport, type Transporter } from 'nodemailer';
import { OutsideCall } from './outside-call.js';

/** An e-mail message. */
export interface MailMessage {
  /** What stands before the `@` of the message's id: a repetition with the same is the same message to its reader. */
  readonly id: string;
  /** An address, with or without a name: `Plinth <no-reply@plinth.example>`. */
  readonly from: string;
  /** One address, without a name. */
  readonly to: string;
  readonly date: Date;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Which server, and where its figures go. */
export interface SmtpClientOptions {
  /** `smtp://user:password@host:587` (STARTTLS where the server offers it) or `smtps://...` (TLS from the first byte). */
  readonly url: string;
  readonly metrics?: Metrics;
}

const timeoutMs = 20_000;
const concurrent = 4;

/**
 * Hands messages to one SMTP server (RFC 5321), over a few connections that are kept. What the server answers, a refusal too, is no
 * outage; its silence is, and opens the breaker.
 */
export class SmtpClient {
  private readonly transport: Transporter;
  private readonly calls: OutsideCall;

  constructor({ url, metrics }: SmtpClientOptions) {
    const timeouts = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: timeoutMs };
    this.transport = createTransport({ url, pool: true, maxConnections: concurrent, ...timeouts } as Parameters<typeof createTransport>[0]) as Transporter;
    const isAnswer = (error: unknown) => typeof (error as { responseCode?: unknown }).responseCode === 'number';
    this.calls = new OutsideCall({ name: 'smtp', timeoutMs, concurrent, isAnswer, ...(metrics === undefined ? {} : { metrics }) });
  }

  /** Tried once: a repetition could be a second mail. @throws the server's refusal (`responseCode`), or a Problem: 502, 503 or 504 where it is not there */
  async send(message: MailMessage): Promise<void> {
    await this.calls.run(() => this.transport.sendMail(forNodemailer(message)));
  }

  /** Closes the connections; a message that is being sent ends as undelivered. */
  async close(): Promise<void> {
    this.transport.close();
    await this.calls.close();
  }
}

/** The message as it would go out (RFC 5322), for where there is no server. */
export async function composeMessage(message: MailMessage): Promise<Buffer> {
  const composed = await createTransport({ streamTransport: true, buffer: true, newline: 'unix' }).sendMail(forNodemailer(message));
  return composed.message as Buffer;
}

function forNodemailer({ id, to, ...rest }: MailMessage) {
  // It has been made by a machine, so no machine answers it (RFC 3834).
  return { ...rest, messageId: `<${id}@plinth>`, to: { name: '', address: to }, headers: { 'Auto-Submitted': 'auto-generated' } };
}
