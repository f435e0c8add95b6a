import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from './files.ts';
import type { Home } from './paths.ts';
import { ensurePassword } from './secrets.ts';
import { services, type Service } from './services.ts';

/** The three roles of a service: migrations; row-level security applies; the named queries that cross tenants. */
export type Role = 'owner' | 'app' | 'system';
export const roles: readonly Role[] = ['owner', 'app', 'system'];

/** The passwords of a service's roles, made at the first call. */
export function rolePasswords(home: Home, service: Service): Record<Role, string> {
  const password = (role: Role): string => ensurePassword(home, `roles/${service.schema}_${role}`);
  return { owner: password('owner'), app: password('app'), system: password('system') };
}

/** The file with the URL by which a service reaches its database as one of its roles. */
export function databaseUrlFile(home: Home, service: Service, role: Role): string {
  return join(home.secrets, 'urls', `${service.name}.${role}`);
}

/** Writes the URL of each service and role: the administrator's, with the role's name and password in it. */
export function writeDatabaseUrls(home: Home, adminUrl: string): void {
  mkdirSync(join(home.secrets, 'urls'), { recursive: true, mode: 0o700 });
  for (const service of services) {
    const passwords = rolePasswords(home, service);
    for (const role of roles) writePrivateFile(databaseUrlFile(home, service, role), `${urlAs(adminUrl, `plinth_${service.schema}_${role}`, passwords[role])}\n`);
  }
}

/** The same server and database as somebody else. */
export function urlAs(adminUrl: string, user: string, password: string): string {
  const url = new URL(adminUrl);
  url.username = user;
  url.password = password;
  return url.toString();
}
