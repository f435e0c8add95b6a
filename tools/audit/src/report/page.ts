import { ruleNames, type AuditedSubject, type Check, type Report, type Share } from '../model.ts';

/** The report as one page that needs nothing else: no script, no font, no request. */
export function pageOf(report: Report): string {
  const { compliant, violations, exemptions, target } = report;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The eight rules over ${escaped(target)}</title>
<style>${style}</style>
<h1>The eight rules over ${escaped(target)}</h1>
<p class="${compliant.percent === 100 ? 'pass' : 'fail'}"><strong>${compliant.percent} %</strong>: ${compliant.passed} of ${compliant.total} routes, handlers, workers, events, outside calls and sources obey every rule that concerns them. ${violations.length} violations, ${exemptions.length} documented exemptions.</p>
${matrix(report)}
${violations.length === 0 ? '' : `<h2>Violations</h2>${listed(violations.map(({ rule, way, at, detail, remedy }) => `<code>${escaped(`${at.file}:${at.line}`)}</code> <b>${rule}/${way}</b><br>${escaped(detail)}<br><i>${escaped(remedy)}</i>`))}`}
<h2>Documented exemptions</h2>
${listed(exemptions.map(({ rule, at, what, reason }) => `<b>${rule}</b> ${escaped(what)}: ${escaped(reason)} <code>${escaped(`${at.file}:${at.line}`)}</code>`))}
<h2>Evidence</h2>
${[...Map.groupBy(report.subjects, ({ module }) => module)].map(([module, subjects]) => `<h3>${escaped(module)}</h3>${subjects.map(subjectOf).join('\n')}`).join('\n')}
</html>
`;
}

const style = `
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1b1f24; background: #fff }
table { border-collapse: collapse; margin: 1rem 0; width: 100% } th, td { border: 1px solid #d0d7de; padding: .25rem .5rem; text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left } tr:last-child { font-weight: 600 }
.pass { color: #116329 } .fail { color: #a40e26; background: #ffebe9 } .none { color: #8c959f }
details { margin: .2rem 0 } details dl { margin: .2rem 0 .6rem 1.2rem } dt { font-weight: 600 } dd { margin-left: 1rem; overflow-wrap: anywhere } code { font-size: .9em }
`;

function matrix({ modules, rules }: Report): string {
  const row = (name: string, shares: Readonly<Record<string, Share>>) => `<tr><td>${escaped(name)}</td>${ruleNames.map((rule) => cell(shares[rule])).join('')}</tr>`;
  const head = `<tr><th>module</th>${ruleNames.map((rule, index) => `<th>${index + 1} ${rule}</th>`).join('')}</tr>`;
  return `<table>${head}${Object.entries(modules).map(([name, shares]) => row(name, shares)).join('\n')}${row('all', rules)}</table>`;
}

function cell(share: Share | undefined): string {
  if (share === undefined || share.total === 0) return '<td class="none">-</td>';
  return `<td class="${share.passed === share.total ? 'pass' : 'fail'}">${share.passed}/${share.total} ${share.percent} %</td>`;
}

function subjectOf({ kind, name, app, at, checks }: AuditedSubject): string {
  const told = checks.filter(({ verdict }) => verdict !== 'silent');
  if (told.length === 0) return '';
  const fails = told.some(({ verdict }) => verdict === 'fail');
  return `<details${fails ? ' open' : ''}><summary class="${fails ? 'fail' : 'pass'}">${kind} ${escaped(name)} <span class="none">${escaped(app)}</span> <code>${escaped(`${at.file}:${at.line}`)}</code></summary><dl>${told.map(checkOf).join('')}</dl></details>`;
}

function checkOf({ rule, verdict, evidence, violations, exemptions }: Check): string {
  const lines = [
    ...violations.map(({ way, at, detail }) => `<b>${way}</b> <code>${escaped(`${at.file}:${at.line}`)}</code> ${escaped(detail)}`),
    ...exemptions.map(({ what, reason }) => `exempt: ${escaped(what)}: ${escaped(reason)}`),
    ...evidence.map(({ kind, text }) => `${kind}: ${escaped(text)}`),
  ];
  return `<dt>${ruleNames.indexOf(rule) + 1} ${rule}: ${verdict}</dt>${lines.map((line) => `<dd>${line}</dd>`).join('')}`;
}

function listed(items: readonly string[]): string {
  return items.length === 0 ? '<p>None.</p>' : `<ul>${items.map((item) => `<li>${item}</li>`).join('\n')}</ul>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
