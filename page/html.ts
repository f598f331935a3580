import { STYLE } from "./style.ts";

/** A page that needs nothing else. @param body HTML */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** Text as HTML. */
export function escape(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (c) => names[c]);
}

/** A plot with a title above and words below. @param title, svg, caption HTML */
export function figure(title: string, svg: string, caption: string): string {
  return `<figure><h2>${title}</h2>${svg}<figcaption>${caption}</figcaption></figure>`;
}

/** A table that scrolls sideways where it is too wide. @param heads, rows HTML of each cell */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, texts: readonly string[]) =>
    `<tr>${texts.map((text) => `<${tag}>${text}</${tag}>`).join("")}</tr>`;
  return `<div class="wide"><table><thead>${cells("th", heads)}</thead><tbody>${
    rows.map((row) => cells("td", row)).join("\n")
  }</tbody></table></div>`;
}

/** What each colour stands for. */
export function legend(entries: Iterable<readonly [name: string, colour: string]>): string {
  const spans = [...entries].map(([name, colour]) =>
    `<span>${swatch(colour)}${escape(name)}</span>`
  );
  return `<p class="legend">${spans.join("")}</p>`;
}

/** A dot of a colour, as CSS names it. */
export function swatch(colour: string): string {
  return `<i class="dot" style="background:${colour}"></i>`;
}
