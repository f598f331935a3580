import type { Emitter, Ref } from "./dispatch.ts";
import { binderOf } from "./bound_memory.ts";
import { emitRows, type LaneColumn, rowType } from "./rows.ts";

/** What a softmax leaves out. */
export interface SoftmaxMask {
  /** Rows come in squares of `columns`, and row i of a square has columns 0 .. i alone; else 0. */
  readonly causal: boolean;
}

/** Emits softmax by row of `columns`; `y` may be `x`. */
export function emitSoftmax(
  emitter: Emitter,
  x: Ref,
  y: Ref,
  columns: number,
  { causal }: SoftmaxMask = { causal: false },
): void {
  const type = rowType(columns);
  const { read, write } = binderOf(emitter.capabilities);
  const result = write("y", y, type);
  const source = x.storage === y.storage ? result : read("x", x, type);
  emitRows(emitter, {
    label: "softmax",
    rows: x.size / columns,
    columns,
    type,
    memory: [...new Set([source, result])],
    body: (row) => {
      const visible = (value: string, hidden: string, { column }: LaneColumn) =>
        !causal
          ? value
          : type === "vec4f"
          ? `select(vec4f(${hidden}), ${value}, 4u * ${column} + vec4u(0, 1, 2, 3) <= vec4u(last))`
          : `select(${hidden}, ${value}, ${column} <= last)`;
      const x = row.values(
        "x",
        (c) => visible(source.load(`base + ${c.column}`), "-3.0e38", c),
      );
      const e = row.values("e", (c) => visible(`exp(${x.at(c)} - top)`, "0.0", c));
      return `
    let base = row * ${type === "vec4f" ? columns / 4 : columns}u;${
        causal ? `\n    let last = row % ${columns}u;` : ""
      }
    ${x.load}
    var tops = ${type}(-3.0e38);
    ${row.each((c) => `tops = max(tops, ${x.at(c)});`)}
    let top = ${row.max("tops")};
    ${e.load}
    var total = ${type}(0.0);
    ${row.each((c) => `total += ${e.at(c)};`)}
    let scale = 1.0 / ${row.sum("total")};
    ${row.each((c) => result.store(`base + ${c.column}`, `${e.at(c)} * scale`))}`;
    },
    flops: 5 * x.size,
  });
}

/** Emits `out = y * (grad - sum(y * grad))` by row of `columns`; `out` may be `grad`. */
export function emitSoftmaxBackward(
  emitter: Emitter,
  y: Ref,
  grad: Ref,
  out: Ref,
  columns: number,
): void {
  const type = rowType(columns);
  const { read, write } = binderOf(emitter.capabilities);
  const softened = read("y", y, type);
  const result = write("out", out, type);
  const source = grad.storage === out.storage ? result : read("grad", grad, type);
  emitRows(emitter, {
    label: "softmax_backward",
    rows: y.size / columns,
    columns,
    type,
    memory: [...new Set([softened, source, result])],
    body: (row) => {
      const y = row.values("y", ({ column }) => softened.load(`base + ${column}`));
      const g = row.values("g", ({ column }) => source.load(`base + ${column}`));
      return `
    let base = row * ${type === "vec4f" ? columns / 4 : columns}u;
    ${y.load}
    ${g.load}
    var dots = ${type}(0.0);
    ${row.each((c) => `dots += ${y.at(c)} * ${g.at(c)};`)}
    let total = ${row.sum("dots")};
    ${row.each((c) => result.store(`base + ${c.column}`, `${y.at(c)} * (${g.at(c)} - total)`))}`;
    },
    flops: 4 * y.size,
  });
}
