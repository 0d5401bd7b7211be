/** HTML that is safe to put into a page: what came from data has been escaped. */
export interface Html {
  readonly html: string;
}

/** Text as HTML: `html\`<p>${anything}</p>\`` escapes every value that is not {@link Html} itself; lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly (Html | readonly Html[] | string | number | undefined)[]): Html {
  return { html: parts.reduce((text, part, at) => text + insert(values[at - 1]) + part) };
}

function insert(value: Html | readonly Html[] | string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  return 'html' in value ? value.html : value.map((one) => one.html).join('');
}

/** Also what could reorder or hide text: control and direction characters are shown by their number. */
function escaped(text: string): string {
  return text
    .replaceAll(
      /[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
      (char) => `\u27e8U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}\u27e9`,
    )
    .replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** A table; undefined cells are empty. Nothing when there are no rows. */
export function table(heads: readonly string[], rows: readonly (readonly (Html | string | number | undefined)[])[]): Html {
  if (rows.length === 0) return html`<p class="none">None.</p>`;
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell) => (typeof cell === 'number' ? html`<td class="number">${cell}</td>` : html`<td>${cell}</td>`))}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Names and values, one below the other. */
export function facts(pairs: readonly (readonly [string, Html | string | number | undefined])[]): Html {
  return html`<dl>
    ${pairs
      .filter(([, value]) => value !== undefined && value !== '')
      .map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
  </dl>`;
}

/** A hash or an identifier, in type that tells 0 from O. */
export function code(text: string): Html {
  return html`<code>${text}</code>`;
}

const STYLE = `:root{color-scheme:light dark;--ink:#1c1d21;--dim:#5b5f69;--line:#d5d8de;--paper:#fff;--good:#1a6b3c;--bad:#a3261b}
@media (prefers-color-scheme:dark){:root{--ink:#e6e7ea;--dim:#a0a5b0;--line:#3a3d45;--paper:#17181b;--good:#6fcf97;--bad:#ff8a7d}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:62rem;margin:2rem auto;padding:0 1.25rem}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
.dim,.none{color:var(--dim)}.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.93em}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);overflow-wrap:break-word}
th{color:var(--dim);font-weight:600}
.number{font-variant-numeric:tabular-nums;white-space:nowrap}code{font:.9em/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
article{margin:2rem 0}.about{margin:.25rem 0;font-weight:600}
h2 .good,h2 .bad{font-size:.85em;font-weight:400}
dl+dl{margin-top:.75rem}.raw{font-size:.85em}
dl{display:grid;grid-template-columns:minmax(9rem,max-content) minmax(0,1fr);gap:.15rem 1.25rem;margin:.5rem 0}dt{color:var(--dim)}
dt{overflow-wrap:anywhere;max-width:16rem}dd{margin:0;overflow-wrap:anywhere}
@media print{:root{color-scheme:light;--ink:#000;--dim:#444;--line:#bbb;--paper:#fff;--good:#000;--bad:#000}
body{max-width:none;margin:0;padding:0;font-size:10pt}.wide{overflow:visible}tr,h2,h3,.about,dd{break-inside:avoid}
h2,h3,.about{break-after:avoid}
p{orphans:3;widows:3}dl code{font-size:7.5pt}article{margin:5mm 0}.raw{font-size:7.5pt}dl{grid-template-columns:34mm minmax(0,1fr)}
thead{display:table-header-group}}
@page{size:A4;margin:15mm 14mm 17mm;
@bottom-right{content:"Page " counter(page) " of " counter(pages);font:8pt system-ui,sans-serif;color:#444}}`;

/** A whole page that needs nothing else: no scripts, no other files; it reads in light and dark and prints. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${title}</title>
        <style>
          ${{ html: STYLE }}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html> `.html;
}
