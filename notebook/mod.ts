/**
 * Notebooks with Deno's kernel: training that draws itself, and what tensors, images, states and
 * devices look like as results. Importing it is enough for the latter.
 *
 * @example A line for each step
 * ```ts
 * import { chart, table } from "@scalelong/scalelong/notebook";
 *
 * chart({ original: [3, 4, 6], CS: [3, 3.2, 3.1] }, { label: "norm" });
 * table([{ method: "original", range: 3 }, { method: "CS", range: 0.2 }]);
 * ```
 *
 * @module
 */
import { addDisplays } from "./displays.ts";

export { chart, type ChartOptions } from "./chart.ts";
export { DISPLAY, type Displayable, type MediaBundle, NotebookError } from "./jupyter.ts";
export { show } from "./show.ts";
export { stoppable } from "./stoppable.ts";
export { table } from "./table.ts";
export { type NotebookTraining, trainInNotebook } from "./train_in_notebook.ts";

addDisplays();
