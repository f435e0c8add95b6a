import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.js';

/** The mail that a service under test has sent into its folder (`SMTP_URL=file:///...`). */
export class MailFolder {
  constructor(private readonly folder: string) {}

  /** Whole messages to the address, the oldest first: their ids, and so their names, sort by creation. */
  async to(address: string): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => []);
    const messages = await Promise.all(names.filter((name) => name.endsWith('.eml')).sort().map((name) => readFile(join(this.folder, name), 'utf8')));
    return messages.map(unfolded).filter((message) => message.includes(`To: ${address}`));
  }

  /** The token in the newest mail with this page's link to the address; waits until as many are there. */
  async token(address: string, page: string, count = 1): Promise<string> {
    return await eventually(async () => {
      const tokens = (await this.to(address)).flatMap((message) => new RegExp(`/${page}#token=([\\w-]+)`).exec(message)?.[1] ?? []);
      if (tokens.length < count) throw new Error(`${tokens.length} of ${count} mails with /${page} are there`);
      return tokens.at(-1) ?? '';
    });
  }
}

/** Soft line breaks of quoted-printable (RFC 2045, section 6.7) taken out. */
function unfolded(message: string): string {
  return message.replace(/=\r?\n/g, '').replaceAll('=3D', '=');
}
