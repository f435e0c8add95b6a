import { homeFrom, readEnvironment, readStackFile, UserError, type Environment } from '@plinth/dev-stack';
import { OperatorApi } from './operator-api.ts';

/** The API that the environment names, else that of the stack that runs here. @throws UserError where neither is there */
export function openSession(environment: Environment = readEnvironment()): OperatorApi {
  const [url, token] = [environment['PLINTH_URL'], environment['PLINTH_TOKEN']];
  if (url && token) return new OperatorApi(url, { token });
  if (url || token) throw new UserError(`${url ? 'PLINTH_TOKEN' : 'PLINTH_URL'} is missing: the address of the gateway and an operator's access token go together`);
  const facts = readStackFile(homeFrom(environment));
  if (facts === undefined) throw new UserError('there is no running stack here: make up starts one, PLINTH_URL and PLINTH_TOKEN name another');
  return new OperatorApi(facts.gatewayUrl, facts.operator);
}
