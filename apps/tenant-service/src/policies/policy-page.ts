import { escaped, pageOf } from '../privacy/page.js';
import type { PolicyText, PolicyVersion } from './policies.js';

/** A document as a page, in the manner of the privacy notice (ADR 0042): text alone, nothing to load or run. */
export function policyPage({ title, version, effectiveFrom, inForce, document }: PolicyVersion, { text, sha256 }: PolicyText): string {
  const paragraphs = text.split(/\r?\n[ \t]*(?:\r?\n)+/).filter((paragraph) => paragraph.trim() !== '');
  const state = inForce ? 'in force' : 'not in force';
  return pageOf(
    title,
    `<p>Version ${escaped(version)}, ${state}, from ${escaped(effectiveFrom.toISOString().slice(0, 10))}. All versions for programs: <a href="/v1/policies/${escaped(document)}/versions">/v1/policies/${escaped(document)}/versions</a>.</p>
${paragraphs.map((paragraph) => `<p>${escaped(paragraph).replaceAll(/\r?\n/g, '<br>\n')}</p>`).join('\n')}
<p>SHA-256 of the text: <a href="/v1/policy-texts/${escaped(sha256)}">${escaped(sha256)}</a></p>`,
  );
}
