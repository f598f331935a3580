import { ImageGrid } from "../eval/image_sets/image_grid.ts";
import type { RgbImage } from "../train/formats/image.ts";
import { pngBase64 } from "./image_html.ts";
import { display, displayable } from "./jupyter.ts";

/**
 * Shows something under the cell: samples, a grid, a decoded image, a tensor, a chart, a state ..
 * Await it at a cell's end: the kernel sometimes loses what is only the last expression.
 *
 * @example
 * ```ts no-eval
 * import { constant } from "@scalelong/scalelong";
 * import { show } from "@scalelong/scalelong/notebook";
 *
 * await show(constant([[1, 2], [3, 4]]));
 * ```
 *
 * @throws {NotebookError} outside a notebook
 * @category Notebooks
 */
export async function show(thing: unknown): Promise<void> {
  await display(isRgbImage(thing) ? shownImage(thing) : thing);
}

function isRgbImage(thing: unknown): thing is RgbImage {
  return typeof thing === "object" && thing !== null && "rgb" in thing &&
    thing.rgb instanceof Uint8Array;
}

function shownImage({ rgb, width, height }: RgbImage) {
  const grid = new ImageGrid(new Uint8Array(rgb), width, height, 3);
  return displayable({ "image/png": pngBase64(grid) });
}
