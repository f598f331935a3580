import { counted } from "../engine/counted.ts";
import type { State } from "../engine/mod.ts";
import { humanBytes } from "../page/human_units.ts";
import { escape } from "../page/html.ts";
import type { MediaBundle } from "./jupyter.ts";
import { tableHtml } from "./table.ts";

const ROWS = 12;

/** What a state holds: names and shapes. */
export function stateBundle(state: State): MediaBundle {
  const { names, label, bytes } = state;
  const numbers = names.reduce((sum, name) => sum + state.entry(name).size, 0);
  const line =
    `State "${label}": ${counted(names.length, "tensor")}, ${numbers.toLocaleString("en")} ` +
    `numbers, ${humanBytes(bytes)} on the device`;
  const rows = names.slice(0, ROWS).map((name) => [name, `[${state.shape(name).join(", ")}]`]);
  if (names.length > ROWS) rows.push([`.. and ${names.length - ROWS} more`, ""]);
  return {
    "text/plain": line,
    "text/html": `<div><code>${escape(line)}</code>${tableHtml(["name", "shape"], rows)}</div>`,
  };
}
