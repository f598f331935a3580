import { declareBindings, type Emitter, type Ref } from "./dispatch.ts";
import { emitByElement } from "./by_element.ts";

/** Emits the rows of a table at i32 indices, and NaN for indices that it has no row for. */
export function emitEmbedding(
  emitter: Emitter,
  table: Ref,
  index: Ref,
  out: Ref,
  width: number,
): void {
  emitByElement(emitter, {
    label: "embedding",
    count: out.size,
    declarations: declareBindings([
      { name: "table", type: table.dtype, access: "read" },
      { name: "index", type: "i32", access: "read" },
      { name: "out", type: out.dtype, access: "read_write" },
    ]),
    reads: [table, index],
    outs: [out],
    // The bits of NaN depend on the index, since WGSL has no constant NaN.
    body: `let row = u32(index[i / ${width}u]);
  let nan = ${table.dtype}(bitcast<f32>(0x7fc00000u | min(row, 1u)));
  out[i] = select(nan, table[row * ${width}u + i % ${width}u], row < ${table.size / width}u);`,
  });
}

/** Emits a table's gradient: an invocation per element, which searches the indices for its row. */
export function emitEmbeddingGrad(
  emitter: Emitter,
  index: Ref,
  grad: Ref,
  out: Ref,
  width: number,
): void {
  emitByElement(emitter, {
    label: "embedding_grad",
    count: out.size,
    declarations: declareBindings([
      { name: "index", type: "i32", access: "read" },
      { name: "grad", type: grad.dtype, access: "read" },
      { name: "out", type: "f32", access: "read_write" },
    ]),
    reads: [index, grad],
    outs: [out],
    body: `var sum = 0.0;
  let row = i32(i / ${width}u);
  for (var j = 0u; j < ${index.size}u; j++) { if (index[j] == row) { sum += f32(grad[j * ${width}u + i % ${width}u]); } }
  out[i] = sum;`,
  });
}
