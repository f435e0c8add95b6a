import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { preludes } from './readme-preludes.ts';

const root = resolve(import.meta.dirname, '../../..');

export interface ReadmeExample {
  readonly library: string;
  /** The TypeScript blocks of its README, one after the other. */
  readonly code: string;
}

/** The examples of every library's README. */
export function readmeExamples(): readonly ReadmeExample[] {
  return readdirSync(join(root, 'libs')).filter((name) => existsSync(join(root, 'libs', name, 'package.json'))).map((library) => {
    const readme = readFileSync(join(root, 'libs', library, 'README.md'), 'utf8');
    return { library, code: [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, block]) => block ?? '').join('\n') };
  });
}

/**
 * What the compiler says of the examples, by library; an entry a library, empty where all is well. They are compiled against
 * the libraries' sources, as files of their folders, each behind its prelude: what a reader takes for granted and an example leaves out.
 */
export function errorsOf(examples: readonly ReadmeExample[]): ReadonlyMap<string, readonly string[]> {
  const texts = new Map(examples.map(({ library, code }) => [fileOf(library), `${preludes[library] ?? ''}\n// README\n${code}\nexport {};\n`]));
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path)) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...config.compilerOptions, customConditions: ['@plinth/source'], noEmit: true, noUnusedLocals: false, noUnusedParameters: false, types: ['node', 'jest'] },
    root,
  );
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([...texts.keys()], options, {
    ...host,
    readFile: (path) => texts.get(path) ?? host.readFile(path),
    fileExists: (path) => texts.has(path) || host.fileExists(path),
    getSourceFile: (path, ...rest) => {
      const text = texts.get(path);
      return text === undefined ? host.getSourceFile(path, ...rest) : ts.createSourceFile(path, text, { languageVersion: ts.ScriptTarget.ES2023, impliedNodeFormat: ts.ModuleKind.ESNext });
    },
  });
  return new Map(examples.map(({ library }) => [library, diagnosticsOf(program, fileOf(library))]));
}

function fileOf(library: string): string {
  return join(root, 'libs', library, 'src/readme-example.ts');
}

function diagnosticsOf(program: ts.Program, file: string): string[] {
  const source = program.getSourceFile(file);
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(({ messageText, start }) => {
    const line = source === undefined || start === undefined ? '' : (source.text.split('\n')[source.getLineAndCharacterOfPosition(start).line] ?? '').trim();
    return `${ts.flattenDiagnosticMessageText(messageText, ' ')} (${line})`;
  });
}
