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
    body: (row) => {
      const source = inPlace ? "y" : "x";
      const x = row.values("x", (column) => `${source}[base + ${column}]`);
      const e = row.values("e", (column) => `exp(${source}[base + ${column}] - top)`);
      return `
    let base = row * ${columns}u;
    ${x.load}
    var top = -3.0e38;
    ${row.each((c) => `top = max(top, ${x.at(c)});`)}
    top = ${row.max("top")};
    ${e.load}
    var total = 0.0;
    ${row.each((c) => `total += ${e.at(c)};`)}
    let scale = 1.0 / ${row.sum("total")};
    ${row.each((c) => `y[base + ${c.column}] = ${e.at(c)} * scale;`)}`;
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
      const source = inPlace ? "out" : "grad";
      const y = row.values("y", (column) => `y[base + ${column}]`);
      const g = row.values("g", (column) => `${source}[base + ${column}]`);
      return `
    let base = row * ${columns}u;
    ${y.load}
    ${g.load}
    var dot = 0.0;
    ${row.each((c) => `dot += ${y.at(c)} * ${g.at(c)};`)}
    dot = ${row.sum("dot")};
    ${row.each((c) => `out[base + ${c.column}] = ${y.at(c)} * (${g.at(c)} - dot);`)}`;
    },
    flops: 4 * y.size,
  });
}
