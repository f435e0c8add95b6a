import { join } from 'node:path';
import { ESLint } from 'eslint';
import type { Workspace } from './workspace.ts';

/** Whether a rule of ESLint really watches a file, by the configuration that ESLint itself resolves for it. */
export class Lint {
  private constructor(
    private readonly workspace: Workspace,
    private readonly enabled: ReadonlyMap<string, ReadonlySet<string>>,
  ) {}

  /** @param lintedAs the path whose configuration a file has, where it is not its own (fixtures stand for files of apps) */
  static async read(workspace: Workspace, lintedAs: (file: string) => string): Promise<Lint> {
    // The configuration asks Nx for its project graph, which only linting needs.
    process.env['NX_TASK_TARGET_PROJECT'] ??= 'audit';
    const eslint = new ESLint({ cwd: workspace.root });
    const enabled = new Map<string, ReadonlySet<string>>();
    for (const file of workspace.files) {
      const config = (await eslint.calculateConfigForFile(join(workspace.root, lintedAs(file)))) as { rules?: Record<string, unknown> } | undefined;
      const names = Object.entries(config?.rules ?? {}).filter(([, setting]) => isError(setting));
      enabled.set(file, new Set(names.map(([name]) => name)));
    }
    return new Lint(workspace, enabled);
  }

  /** Why the rule does not watch the whole of the file, or undefined where it does. */
  gap(file: string, rule: string): { readonly line: number; readonly why: string } | undefined {
    if (this.enabled.get(file)?.has(rule) !== true) return { line: 1, why: `${rule} is not enabled for this file` };
    const lines = this.workspace.source(file).text.split('\n');
    const index = lines.findIndex((line) => disables(line, rule));
    return index === -1 ? undefined : { line: index + 1, why: `${rule} is switched off here` };
  }
}

function isError(setting: unknown): boolean {
  const severity: unknown = Array.isArray(setting) ? setting[0] : setting;
  return severity === 2 || severity === 'error';
}

function disables(line: string, rule: string): boolean {
  const names = /eslint-disable(?:-next-line|-line)?\s+(?<names>[^*]+?)(?:\s--|\*\/|$)/.exec(line)?.groups?.['names'];
  if (names === undefined) return /eslint-disable\s*(?:\*\/|$)/.test(line);
  return names.split(',').some((name) => name.trim() === rule);
}
