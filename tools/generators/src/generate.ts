/**
 * Writes what is generated from code. `--check` writes nothing and fails where a file is out of date.
 * Reads the apps' builds: `make generate` builds first.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { events, services as declared } from '@plinth/contracts';
import { accessMatrix, accessMatrixFile } from './access-matrix.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { configurationPage, envExample, type DocumentedField, type DocumentedService } from './configuration.ts';
import { dataMapPage } from './data-map-page.ts';
import { errorFaults, errorsIn, errorsPage, type DocumentedErrors } from './errors.ts';
import { eventCatalogue } from './event-catalogue.ts';
import { eventSchemaFiles } from './event-schemas.ts';
import { eventsPage } from './events-page.ts';
import { metricFaults, metricsIn, metricsPage, type DocumentedMetrics } from './metrics.ts';
import { publicApi } from './openapi.ts';

const root = resolve(import.meta.dirname, '../../..');

async function documented(name: string): Promise<DocumentedService> {
  const module = (await import(pathToFileURL(join(root, 'apps', name, 'dist/config.js')).href)) as Record<string, unknown>;
  const classes = Object.values(module) as { fields?: Readonly<Record<string, DocumentedField>> }[];
  const fields = classes.find((candidate) => candidate.fields !== undefined)?.fields;
  if (fields === undefined) throw new Error(`apps/${name}/src/config.ts exports no configuration class`);
  return { name, fields: Object.values(fields) };
}

/** Every library by its exports; an app that has metrics of its own keeps them in `src/metrics.ts` too. */
async function documentedMetrics(): Promise<DocumentedMetrics[]> {
  const builds = ['libs', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => ({ owner: `@plinth/${name}`, file: join(root, folder, name, 'dist', folder === 'libs' ? 'index.js' : 'metrics.js') })),
  );
  const read = builds.filter(({ file }) => existsSync(file)).map(async ({ owner, file }) => {
    return { owner, metrics: metricsIn((await import(pathToFileURL(file).href)) as Record<string, unknown>) };
  });
  return (await Promise.all(read)).filter(({ metrics }) => metrics.length > 0);
}

/** Every `x.errors.ts` of every library and app. */
async function documentedErrors(): Promise<DocumentedErrors[]> {
  const all: DocumentedErrors[] = [];
  for (const folder of ['libs', 'apps']) {
    for (const name of readdirSync(join(root, folder))) {
      const dist = join(root, folder, name, 'dist');
      const files = existsSync(dist) ? readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.errors.js')).sort() : [];
      const modules = (await Promise.all(files.map((file) => import(pathToFileURL(join(dist, file)).href)))) as Record<string, unknown>[];
      const errors = modules.flatMap(errorsIn);
      if (errors.length > 0) all.push({ owner: `@plinth/${name}`, errors });
    }
  }
  return all;
}

/** A kind's status, by the table of `@plinth/kernel`. */
async function statusTable(): Promise<(kind: string) => number> {
  const kernel = (await import(pathToFileURL(join(root, 'libs/kernel/dist/index.js')).href)) as { statusOf: (kind: string) => number };
  return kernel.statusOf;
}

const metrics = await documentedMetrics();
const errors = await documentedErrors();
const schemas = eventSchemaFiles(root, events);
const api = await publicApi(root);
for (const fault of [...metricFaults(metrics), ...errorFaults(errors), ...schemas.faults, ...api.faults]) {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 1;
}

const catalogue = eventCatalogue(root);
const services = await Promise.all(declared.map(({ name }) => documented(name)));
const files: Readonly<Record<string, string>> = {
  '.env.example': envExample(services),
  'docs/configuration.md': configurationPage(services),
  'docs/metrics.md': metricsPage(metrics),
  'docs/asyncapi.json': `${JSON.stringify(asyncApiDocument(catalogue), null, 2)}\n`,
  'docs/data-map.md': dataMapPage(),
  'docs/events.md': eventsPage(catalogue),
  'docs/access-matrix.json': accessMatrixFile(accessMatrix(api.document as Parameters<typeof accessMatrix>[0])),
  'docs/openapi.json': `${JSON.stringify(api.document, null, 2)}\n`,
  'docs/errors.md': errorsPage(errors, await statusTable()),
  ...schemas.files,
};

const check = process.argv.includes('--check');
for (const [path, text] of Object.entries(files)) {
  const file = join(root, path);
  if (!check) writeFileSync(file, text);
  else if (currentText(file) !== text) {
    process.stderr.write(`${path} is out of date: make generate\n`);
    process.exitCode = 1;
  }
}

function currentText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
