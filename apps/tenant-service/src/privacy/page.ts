/**
 * A page of text. It has headings, lists and nothing to load or run, so that it stands under a policy that allows nothing at all
 * (`default-src 'none'`), and is read in whatever size, contrast and by whatever reader its reader has chosen.
 *
 * @param body HTML, in which what is not ours is `escaped`
 */
export function pageOf(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text in an element or in a quoted attribute: who is responsible, and what a document says, is what the operator has written. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
