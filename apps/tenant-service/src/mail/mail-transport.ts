import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeMessage, SmtpClient, type MailMessage } from '@plinth/resilience';
import type { Metrics } from '@plinth/telemetry';

/** The token of the transport that the configuration names. */
export const MAIL_TRANSPORT = Symbol('MAIL_TRANSPORT');

/** Where mail goes: to a server by SMTP, or, until there is one, as a file a message into a folder. */
export interface MailTransport {
  /** @throws the server's refusal, a Problem (502, 503, 504) where it is not there, the system's error for a folder */
  send(message: MailMessage): Promise<void>;
  close(): Promise<void>;
}

/** @param url `smtp://user:password@host:587`, `smtps://...` or `file:///folder` */
export function mailTransport(url: string, metrics: Metrics): MailTransport {
  return url.startsWith('file:') ? new FolderTransport(fileURLToPath(url)) : new SmtpClient({ url, metrics });
}

/** For development: each message as `<id>.eml`, whole from the moment that it is there. */
class FolderTransport implements MailTransport {
  constructor(private readonly folder: string) {}

  async send(message: MailMessage): Promise<void> {
    const composed = await composeMessage(message);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const partial = join(this.folder, `.${randomUUID()}`);
    // It holds what opens an account.
    await writeFile(partial, composed, { mode: 0o600 });
    await rename(partial, join(this.folder, `${message.id}.eml`));
  }

  async close(): Promise<void> {
    // Nothing is held.
  }
}
