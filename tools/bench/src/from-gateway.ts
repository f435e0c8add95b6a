import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a built file of the gateway exports: apps are imported by nobody, and what is measured is what ships. @param file below its `dist` */
export async function fromGateway<T>(file: string): Promise<T> {
  const built = join(resolve(import.meta.dirname, '../../..'), 'apps/gateway/dist', file);
  return (await import(pathToFileURL(built).href)) as T;
}
