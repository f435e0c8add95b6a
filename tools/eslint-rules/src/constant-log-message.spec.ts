import { constantLogMessage } from './constant-log-message.ts';
import { testRule } from './testing.ts';

testRule('constant-log-message', constantLogMessage, {
  passes: [
    { name: 'a literal with fields passes', code: "logger.info('tenant updated', { tenantId });" },
    { name: 'a template without expressions passes', code: 'this.logger.warn(`broker away`);' },
    { name: 'a constant of the file passes', code: "const message = 'broker away';\nlog.error(message);" },
    { name: 'a method of that name on something else passes', code: 'response.error(`no ${id}`); Math.log(x); catalog.info(id);' },
  ],
  fails: [
    { name: 'a template with data is reported', code: 'logger.info(`tenant ${id} updated`);', reports: ['message'] },
    { name: 'a concatenation is reported', code: "this.logger.error('failed: ' + error.message);", reports: ['message'] },
    { name: "an error's message is reported", code: 'this.#logger.error(error.message, { error });', reports: ['message'] },
    { name: 'a variable that can change is reported', code: "let message = 'a';\nrequest.log.warn(message);", reports: ['message'] },
    { name: 'an object in place of the message is reported', code: "requestLogger.info({ id }, 'updated');", reports: ['message'] },
  ],
});
