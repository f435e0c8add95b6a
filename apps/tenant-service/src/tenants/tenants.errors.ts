import { defineErrors, type FieldError } from '@plinth/kernel';

export const tenantErrors = defineErrors({
  emailUnverified: {
    code: 'email_unverified',
    kind: 'forbidden',
    detail: 'The e-mail address of the account has not been confirmed.',
    remedy: 'Follow the link that was sent to it, or ask for another with POST /v1/auth/email/resend.',
  },
  notFound: {
    code: 'tenant_not_found',
    kind: 'not_found',
    detail: 'There is no such tenant.',
    remedy: 'Check the id; a tenant that is not the caller’s is not found either.',
  },
  settingsTooLarge: {
    code: 'settings_too_large',
    kind: 'invalid',
    detail: 'The settings would be larger than 64 KiB.',
    remedy: 'Remove members with null (JSON merge patch), or keep large values elsewhere.',
  },
  settingsInvalid: {
    code: 'settings_invalid',
    kind: 'invalid',
    detail: 'A setting is not as its schema has it.',
    remedy: 'Mend what `errors` points at, or remove the setting with null.',
    with: (errors: readonly FieldError[]) => ({ errors }),
  },
  usersOnly: {
    code: 'user_required',
    kind: 'forbidden',
    detail: 'Tenants are made by users: a key is bound to its own, and an operator belongs to none.',
    remedy: 'Sign in as a user.',
  },
  tooMany: {
    code: 'tenants_too_many',
    kind: 'conflict',
    detail: 'The user belongs to as many tenants as one may.',
    remedy: 'Leave a tenant, or deactivate one.',
  },
  statusConflict: {
    code: 'tenant_status_conflict',
    kind: 'conflict',
    detail: 'The tenant’s status does not allow this step.',
    remedy: 'Read the tenant: a pending one is activated, an active one suspended, a suspended one restored; a deactivated one stays so.',
    with: (from: string, to: string) => ({ detail: `A tenant that is ${from} cannot become ${to}.` }),
  },
});
