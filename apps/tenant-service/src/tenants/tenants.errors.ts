import { Problem } from '@plinth/kernel';

export const tenantErrors = {
  notFound: () => new Problem('tenant_not_found', 'not_found', 'There is no such tenant.'),
  settingsTooLarge: () => new Problem('settings_too_large', 'invalid', 'The settings would be larger than 64 KiB.'),
};
