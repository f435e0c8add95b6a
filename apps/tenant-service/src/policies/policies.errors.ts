import { defineErrors } from '@plinth/kernel';

export const policyErrors = defineErrors({
  notFound: {
    code: 'policy_not_found',
    kind: 'not_found',
    detail: 'There is no such document, version or text.',
    remedy: 'Take it from GET /v1/policies or from the document’s versions.',
  },
  builtIn: {
    code: 'policy_built_in',
    kind: 'conflict',
    detail: 'The privacy notice is made of what the services store, and cannot be published by hand.',
    remedy: 'Say who is responsible by PRIVACY_CONTROLLER and PRIVACY_CONTACT; publish what else you have to say as another document.',
  },
  versionTaken: {
    code: 'policy_version_taken',
    kind: 'conflict',
    detail: 'The document has this version, or one that takes effect at the same time.',
    remedy: 'What was published never changes: choose another version or time.',
  },
  notLater: {
    code: 'policy_not_later',
    kind: 'invalid',
    detail: 'The version would not take effect after now and after every other of its document.',
    remedy: 'Choose a later `effectiveFrom`, or leave it out.',
  },
});
