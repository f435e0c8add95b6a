import type { EventDefinition, Grant, JsonSchema } from '@plinth/contracts';
import type { AppGraph } from './graph/app-graph.ts';

/** A route of the gateway's table, as the audit compares it with the services'. */
export interface GatewayEntry {
  readonly method: string;
  /** `{name}` stands for one segment. */
  readonly path: string;
  /** Name of the app. */
  readonly upstream: string;
  /** `{ open: reason }`, or a word for who is let in. */
  readonly access: { readonly open: string } | string;
}

/** What is audited: applications with their sources, and what they are measured by. */
export interface AuditTarget {
  readonly name: string;
  /** Folder of the repository. */
  readonly root: string;
  readonly apps: readonly TargetApp[];
  /** Sources that are audited, from the root. */
  readonly audited: readonly string[];
  /** Further sources that call paths lead through. */
  readonly libraries: readonly string[];
  /** The file that holds the gateway's table, for places; undefined where there is no gateway. */
  readonly gatewayTable: { readonly file: string; readonly entries: readonly GatewayEntry[] } | undefined;
  /** Every capability, and what roles grant it, under which condition. */
  readonly capabilityGrants: Readonly<Record<string, readonly Grant[]>>;
  readonly events: readonly EventDefinition[];
  /** The schema documents of the versions that were shipped, by `<type>.v<version>`; undefined where nothing is locked. */
  readonly shipped: ReadonlyMap<string, JsonSchema> | undefined;
  /** The path whose ESLint configuration a source has. */
  readonly lintedAs: (file: string) => string;
}

export interface TargetApp {
  readonly name: string;
  /** Folder of its sources from the root, e.g. `apps/gateway/src`. */
  readonly folder: string;
  readonly graph: AppGraph;
}

/** The part of the product that a file belongs to: a feature of an app, the app itself, or a library. */
export function moduleOf(apps: readonly Pick<TargetApp, 'name' | 'folder'>[], file: string): { readonly app: string; readonly module: string } {
  const app = apps.find(({ folder }) => file.startsWith(`${folder}/`));
  if (app !== undefined) {
    const [first = '', ...rest] = file.slice(app.folder.length + 1).split('/');
    return { app: app.name, module: rest.length === 0 ? app.name : `${app.name}/${first}` };
  }
  const library = file.split('/').slice(0, 2).join('/');
  return { app: library, module: library };
}
