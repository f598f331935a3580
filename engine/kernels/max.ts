import type { Emitter, Ref } from "./dispatch.ts";
import { binderOf } from "./bound_memory.ts";
import { emitRows } from "./rows.ts";

/** Emits the largest of each row of `columns`. */
export function emitRowMax(emitter: Emitter, x: Ref, out: Ref, columns: number): void {
  const { read, write } = binderOf(emitter.capabilities);
  emitRows(emitter, {
    label: "max",
    rows: x.size / columns,
    columns,
    memory: [read("x", x, "f32"), write("out", out, "f32")],
    body: (row) => `
    let base = row * ${columns}u;
    var top = -3.4e38;
    ${row.each(({ column }) => `top = max(top, x[base + ${column}]);`)}
    let all = ${row.max("top")};
    if (lane == 0u) { out[row] = all; }`,
    flops: x.size,
  });
}
