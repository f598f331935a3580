import { type DType, evaluate, State, type Tensor } from "../engine/mod.ts";
import { type InputAttrs, inputOp } from "../engine/leaves.ts";
import { type StateAttrs, stateOp } from "../engine/state_layout.ts";
import { imageGrid } from "../eval/image_sets/image_grid.ts";
import { toBytes } from "../eval/image_sets/to_bytes.ts";
import { escape } from "../page/html.ts";
import { shortNumber } from "../page/number_text.ts";
import { imageHtml } from "./image_html.ts";
import type { MediaBundle } from "./jupyter.ts";
import { tableHtml } from "./table.ts";

/** A larger tensor is not read back unasked. */
const MOST_ELEMENTS = 2 ** 22;
/** Images of a grid, rows and columns of a table, at most. */
const [IMAGES, ROWS, COLUMNS] = [64, 10, 10];

/**
 * A tensor and its elements, which are computed for it: images `[n, C, H, H]` as a grid, the corner
 * of what else is large. Inputs have no values: what hangs on one is a line.
 */
export async function tensorBundle(tensor: Tensor): Promise<MediaBundle> {
  const line = tensor.toString();
  const { inputs, state } = leavesOf(tensor);
  const unknown = inputs.length > 0
    ? `its values hang on ${inputs.map((name) => `input "${name}"`).join(", ")}`
    : tensor.size > MOST_ELEMENTS
    ? `evaluate() computes its ${tensor.size.toLocaleString("en")} elements`
    : state && !(state instanceof State)
    ? "its state is a layout, without values"
    : null;
  if (unknown !== null) return bundle(`${line}; ${unknown}`, "");
  const device = state instanceof State ? state.device : undefined;
  const values = asNumbers(await evaluate(tensor, {}, device), tensor.dtype);
  const range = rangeOf(values);
  const grid = gridHtml(tensor, values, range, line);
  return grid === null
    ? bundle(`${line}${tensor.size > 1 ? `, ${rangeText(range)}` : ""}`, corner(tensor, values))
    : bundle(`${line}, ${rangeText(range)}`, grid);
}

function bundle(line: string, html: string): MediaBundle {
  return { "text/plain": line, "text/html": `<div><code>${escape(line)}</code>${html}</div>` };
}

/** Elements as they are read back: whole numbers are bits of 32. */
function asNumbers(elements: Float32Array, dtype: DType): Float32Array {
  if (dtype === "i32") return Float32Array.from(new Int32Array(elements.buffer));
  return dtype === "u32" ? Float32Array.from(new Uint32Array(elements.buffer)) : elements;
}

/** Names of the inputs behind a tensor, and a state that it reads. */
function leavesOf({ node }: Tensor): { inputs: string[]; state: unknown } {
  const inputs: string[] = [];
  let state: unknown = null;
  const nodes = new Set([node]);
  for (const { op, attrs, inputs: behind } of nodes) {
    for (const { node } of behind) nodes.add(node);
    if (op === inputOp) inputs.push((attrs as InputAttrs).name);
    if (op === stateOp) state = (attrs as StateAttrs).state;
  }
  return { inputs, state };
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly not_finite: number;
}

function rangeOf(values: Float32Array): Range {
  let [low, high, not_finite] = [Infinity, -Infinity, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) not_finite++;
    else [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  return { low, high, not_finite };
}

function rangeText({ low, high, not_finite }: Range): string {
  const range = low > high ? "no finite value" : `${shortNumber(low)} to ${shortNumber(high)}`;
  return not_finite > 0 ? `${range}, ${not_finite} NaN or infinite` : range;
}

/**
 * Images as a grid: -1 or, where all are positive, 0 is black and 1 white, or else the smallest and
 * the largest value. Null for what are no images.
 */
function gridHtml(
  { shape }: Tensor,
  values: Float32Array,
  { low, high, not_finite }: Range,
  alt: string,
): string | null {
  const [n, channels, height, width] = shape;
  const isImages = shape.length === 4 && (channels === 1 || channels === 3) && height === width;
  if (!isImages || height < 2 || not_finite > 0) return null;
  const isUsual = low >= -1.001 && high <= 1.001;
  const [black, white] = isUsual ? [low < 0 ? -1 : 0, 1] : [low, high > low ? high : low + 1];
  const shown = values.subarray(0, Math.min(n, IMAGES) * channels * height * width);
  const bytes = toBytes(shown.map((v) => 2 * (v - black) / (white - black) - 1));
  const grid = imageGrid(bytes, { channels, image_size: height });
  const more = n > IMAGES ? `<div>.. the first ${IMAGES} of ${n}</div>` : "";
  return `<div style="margin-top:.4rem">${imageHtml(grid, escape(alt))}</div>${more}`;
}

/** The first rows and columns; of more than two dimensions, of the first matrix. */
function corner({ shape }: Tensor, values: Float32Array): string {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.at(-2) ?? 1;
  const [r, c] = [Math.min(rows, ROWS), Math.min(columns, COLUMNS)];
  const lines = Array.from({ length: r }, (_, i) => {
    const row = [...values.subarray(i * columns, i * columns + c)].map(numberText);
    return columns > c ? [...row, ".."] : row;
  });
  if (rows > r) lines.push(Array.from({ length: lines[0].length }, () => ".."));
  const of = shape.length > 2
    ? `<div>[${shape.slice(2).map(() => "0").join(", ")}, :, :]</div>`
    : "";
  return of + tableHtml([], lines);
}

function numberText(value: number): string {
  return Number.isFinite(value) ? shortNumber(value) : String(value);
}
