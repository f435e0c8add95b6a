import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiDescription } from '@plinth/http';
import { ApiRules } from './api-rules.js';

/** What every service answers to who comes past the gateway, on any route: no client of it can see that. */
const pastTheGateway = '"code":"identity_invalid"';

/**
 * Watches all that an app under test answers, and holds it against the app's own API document. Begin before the app listens,
 * and ask at the end.
 */
export class DocumentedAnswers {
  private readonly violations: string[] = [];

  private constructor(private readonly rules: ApiRules) {}

  /** Begins to watch an app that is not initialised yet: a server that has started takes no hook. */
  static of(app: NestFastifyApplication): DocumentedAnswers {
    const answers = new DocumentedAnswers(new ApiRules(app.get(ApiDescription, { strict: false }).document));
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onSend', async (request, reply, payload) => {
        if (payload === null || payload === undefined || typeof payload === 'string' || Buffer.isBuffer(payload)) {
          const header = (name: string) => reply.getHeader(name)?.toString();
          answers.see({ method: request.method, path: request.url, status: reply.statusCode, header, body: payload?.toString() ?? '' });
        }
        return payload;
      });
    return answers;
  }

  /** @throws Error that lists what was answered otherwise than documented */
  assertAllDocumented(): void {
    if (this.violations.length > 0) throw new Error(`answered otherwise than documented:\n${[...new Set(this.violations)].join('\n')}`);
  }

  private see(answer: Parameters<ApiRules['violationsOf']>[0]): void {
    if (!answer.body.includes(pastTheGateway)) this.violations.push(...this.rules.violationsOf(answer));
  }
}
