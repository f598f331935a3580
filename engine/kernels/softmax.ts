import { type Binding, declareBindings, elementType, type Emitter, type Ref } from "./dispatch.ts";
import { emitRows, rowType } from "./rows.ts";

/** Emits softmax by row of `columns`; `y` may be `x`. */
export function emitSoftmax(emitter: Emitter, x: Ref, y: Ref, columns: number): void {
  const inPlace = x.storage === y.storage;
  const type = rowType(columns);
  const stored = elementType(y, type);
  const source = inPlace ? "y" : "x";
  emitRows(emitter, {
    label: "softmax",
    rows: x.size / columns,
    columns,
    type,
    declarations: declareBindings([
      ...(inPlace ? [] : [{ name: "x", type: elementType(x, type), access: "read" as const }]),
      { name: "y", type: stored, access: "read_write" },
    ]),
    bindings: [
      ...(inPlace ? [] : [{ ref: x, access: "read" as const }]),
      { ref: y, access: "read_write" },
    ],
    body: (row) => {
      const x = row.values("x", ({ column }) => `${type}(${source}[base + ${column}])`);
      const e = row.values("e", (c) => `exp(${x.at(c)} - top)`);
      return `
    let base = row * ${type === "vec4f" ? columns / 4 : columns}u;
    ${x.load}
    var tops = ${type}(-3.0e38);
    ${row.each((c) => `tops = max(tops, ${x.at(c)});`)}
    let top = ${row.max("tops")};
    ${e.load}
    var total = ${type}(0.0);
    ${row.each((c) => `total += ${e.at(c)};`)}
    let scale = 1.0 / ${row.sum("total")};
    ${row.each((c) => `y[base + ${c.column}] = ${stored}(${e.at(c)} * scale);`)}`;
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
  const type = rowType(columns);
  const stored = elementType(out, type);
  const source = inPlace ? "out" : "grad";
  const bindings: (Binding & { name: string; type: string })[] = [
    { name: "y", type: elementType(y, type), ref: y, access: "read" },
    ...(inPlace
      ? []
      : [{ name: "grad", type: elementType(grad, type), ref: grad, access: "read" as const }]),
    { name: "out", type: stored, ref: out, access: "read_write" },
  ];
  emitRows(emitter, {
    label: "softmax_backward",
    rows: y.size / columns,
    columns,
    type,
    declarations: declareBindings(bindings),
    bindings,
    body: (row) => {
      const y = row.values("y", ({ column }) => `${type}(y[base + ${column}])`);
      const g = row.values("g", ({ column }) => `${type}(${source}[base + ${column}])`);
      return `
    let base = row * ${type === "vec4f" ? columns / 4 : columns}u;
    ${y.load}
    ${g.load}
    var dots = ${type}(0.0);
    ${row.each((c) => `dots += ${y.at(c)} * ${g.at(c)};`)}
    let total = ${row.sum("dots")};
    ${row.each((c) => `out[base + ${c.column}] = ${stored}(${y.at(c)} * (${g.at(c)} - total));`)}`;
    },
    flops: 4 * y.size,
  });
}
