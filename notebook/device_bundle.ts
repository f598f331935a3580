import type { Device } from "../engine/mod.ts";
import { escape } from "../page/html.ts";
import { humanBytes } from "../page/human_units.ts";
import type { MediaBundle } from "./jupyter.ts";

/** What a device is, what it can do, and how much of its memory is in use. */
export function deviceBundle({ info, capabilities, bufferBytes }: Device): MediaBundle {
  const { adapterClass, f16, subgroupSize, maxBindingBytes } = capabilities;
  const kind = adapterClass === "software" ? "a software adapter" : `${adapterClass} GPU`;
  const line = [
    `Device ${info.description || info.vendor || "without a name"}`,
    kind,
    f16 ? "f16" : "no f16",
    subgroupSize > 0 ? `subgroups of ${subgroupSize}` : "no subgroups",
    `bindings of ${humanBytes(maxBindingBytes)} at most`,
    `${humanBytes(bufferBytes)} in use`,
  ].join(", ");
  return { "text/plain": line, "text/html": `<code>${escape(line)}</code>` };
}
