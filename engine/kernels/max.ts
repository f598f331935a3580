import { declareBindings, type Emitter, type Ref } from "./dispatch.ts";
import { emitRows } from "./rows.ts";

/** Emits the largest of each row of `columns`. */
export function emitRowMax(emitter: Emitter, x: Ref, out: Ref, columns: number): void {
  emitRows(emitter, {
    label: "max",
    rows: x.size / columns,
    columns,
    declarations: declareBindings([
      { name: "x", type: "f32", access: "read" },
      { name: "out", type: "f32", access: "read_write" },
    ]),
    bindings: [{ ref: x, access: "read" }, { ref: out, access: "read_write" }],
    body: (row) => `
    let base = row * ${columns}u;
    var top = -3.4e38;
    ${row.each(({ column }) => `top = max(top, x[base + ${column}]);`)}
    let all = ${row.max("top")};
    if (lane == 0u) { out[row] = all; }`,
    flops: x.size,
  });
}
