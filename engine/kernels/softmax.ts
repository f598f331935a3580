import { declareBindings, type Emitter, type Ref } from "./dispatch.ts";
import { emitRows } from "./rows.ts";

/** Emits softmax by row of `columns`; `y` may be `x`. */
export function emitSoftmax(emitter: Emitter, x: Ref, y: Ref, columns: number): void {
  const inPlace = x.storage === y.storage;
  emitRows(emitter, {
    label: "softmax",
    rows: x.size / columns,
    columns,
    declarations: inPlace
      ? declareBindings([{ name: "y", type: "f32", access: "read_write" }])
      : declareBindings([
        { name: "x", type: "f32", access: "read" },
        { name: "y", type: "f32", access: "read_write" },
      ]),
    bindings: [
      ...(inPlace ? [] : [{ ref: x, access: "read" as const }]),
      { ref: y, access: "read_write" },
    ],
    body: (row) => `
    let base = row * ${columns}u;
    var top = -3.0e38;
    ${row.each(`top = max(top, ${inPlace ? "y" : "x"}[base + column]);`)}
    top = ${row.max("top")};
    var total = 0.0;
    ${
      row.each(
        `let e = exp(${
          inPlace ? "y" : "x"
        }[base + column] - top); y[base + column] = e; total += e;`,
      )
    }
    let scale = 1.0 / ${row.sum("total")};
    ${row.each("y[base + column] *= scale;")}`,
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
  const inPlace = grad.storage === out.storage;
  emitRows(emitter, {
    label: "softmax_backward",
    rows: y.size / columns,
    columns,
    declarations: declareBindings([
      { name: "y", type: "f32", access: "read" },
      ...(inPlace ? [] : [{ name: "grad", type: "f32", access: "read" as const }]),
      { name: "out", type: "f32", access: "read_write" },
    ]),
    bindings: [
      { ref: y, access: "read" },
      ...(inPlace ? [] : [{ ref: grad, access: "read" as const }]),
      { ref: out, access: "read_write" },
    ],
    body: (row) => {
      const g = inPlace ? "out" : "grad";
      return `
    let base = row * ${columns}u;
    var dot = 0.0;
    ${row.each(`dot += y[base + column] * ${g}[base + column];`)}
    dot = ${row.sum("dot")};
    ${row.each(`out[base + column] = y[base + column] * (${g}[base + column] - dot);`)}`;
    },
    flops: 4 * y.size,
  });
}
