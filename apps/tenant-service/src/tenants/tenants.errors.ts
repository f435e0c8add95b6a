import { Problem } from '@plinth/kernel';

export const tenantErrors = {
  notFound: () => new Problem('tenant_not_found', 'not_found', 'There is no such tenant.'),
  settingsTooLarge: () => new Problem('settings_too_large', 'invalid', 'The settings would be larger than 64 KiB.'),
  statusConflict: (from: string, to: string) => new Problem('tenant_status_conflict', 'conflict', `A tenant that is ${from} cannot become ${to}.`),
};
