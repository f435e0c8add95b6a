import { Problem } from '@plinth/kernel';

/** Also what another tenant's entry is answered with. */
export const entryNotFound = () => new Problem('audit_entry_not_found', 'not_found', 'There is no such audit entry.');
