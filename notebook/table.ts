import { escape } from "../page/html.ts";
import { shortNumber } from "../page/number_text.ts";
import { type Displayable, displayable } from "./jupyter.ts";

/**
 * A table to be shown in a notebook: a line for each record, a column for each of its keys.
 *
 * @example
 * ```ts
 * import { table } from "@scalelong/scalelong/notebook";
 *
 * table([{ kappa: 0.5, range: 1.73 }, { kappa: 0.7, range: 1.49 }]);
 * ```
 * @category Notebooks
 */
export function table(rows: readonly Readonly<Record<string, unknown>>[]): Displayable {
  const heads = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return displayable({
    "text/html": tableHtml(heads, rows.map((row) => heads.map((head) => cellText(row[head])))),
  });
}

/** A table as HTML. @param heads, rows text */
export function tableHtml(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (tag: string, texts: readonly string[]) =>
    `<tr>${texts.map((text) => `<${tag}>${escape(text)}</${tag}>`).join("")}</tr>`;
  const head = heads.length === 0 ? "" : `<thead>${line("th", heads)}</thead>`;
  return `<table>${head}<tbody>${rows.map((row) => line("td", row)).join("")}</tbody></table>`;
}

function cellText(value: unknown): string {
  if (typeof value === "number") return shortNumber(value);
  return value === undefined || value === null ? "" : String(value);
}
