import { escaped, pageOf } from './page.js';
import type { PrivacyNotice } from './privacy-notice.js';

const bases: Readonly<Record<PrivacyNotice['data'][number]['basis'], string>> = {
  contract: 'to perform the contract with you (GDPR, article 6 (1) b)',
  legal_obligation: 'a legal obligation (GDPR, article 6 (1) c)',
  legitimate_interests: 'legitimate interests (GDPR, article 6 (1) f)',
  consent: 'your consent (GDPR, article 6 (1) a)',
};

/** The notice as a page. */
export function privacyPage({ version, controller, data, recipients, rights }: PrivacyNotice): string {
  const parts = data.map(({ kind, title, of, what, why, basis, kept, where }) =>
    section(kind, title, [
      ['What', what],
      ['Whose', of],
      ['Why', why],
      ['Legal basis', bases[basis]],
      ['How long', kept.text],
      ['Where', `in the database of ${where.join(', ')}`],
    ]),
  );
  return pageOf(
    'Privacy notice',
    `<p>Version ${escaped(version)}. The same for programs: <a href="/v1/privacy-notice">/v1/privacy-notice</a>.</p>
<h2>Who is responsible</h2>
<p>${escaped(controller.name ?? 'The operator of this installation, who has not given a name here.')}</p>
<p>Contact: ${escaped(controller.contact ?? 'the operator of this installation, who has not given an address here.')}</p>
<nav aria-labelledby="contents">
<h2 id="contents">What is stored</h2>
<ul>
${data.map(({ kind, title }) => `<li><a href="#${escaped(kind)}">${escaped(title)}</a></li>`).join('\n')}
</ul>
</nav>
${parts.join('\n')}
<h2>Who else receives it</h2>
<dl>
${recipients.map(({ who, what, why }) => entry(who, `${what}. ${why}`)).join('\n')}
</dl>
<h2>Your rights</h2>
<dl>
${rights.map(({ right, how }) => entry(right, how)).join('\n')}
</dl>`,
  );
}

function section(id: string, title: string, entries: readonly (readonly [string, string])[]): string {
  return `<section aria-labelledby="${escaped(id)}">
<h3 id="${escaped(id)}">${escaped(title)}</h3>
<dl>
${entries.map(([name, text]) => entry(name, text)).join('\n')}
</dl>
</section>`;
}

function entry(name: string, text: string): string {
  return `<dt>${escaped(name)}</dt>\n<dd>${escaped(text)}</dd>`;
}
