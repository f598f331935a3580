import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { conditionInputs, guidedRows, withDropped } from "../../nets/conditions.ts";

Deno.test("guidedRows() and withDropped() keep the type of the rows, whatever that of the one for none", () => {
  const [rows, none] = [Float32Array.of(1, 0.1, 3, 4), Float16Array.of(-1, -2)];
  deepEqual(guidedRows(rows, none), Float32Array.of(1, 0.1, 3, 4, -1, -2, -1, -2));
  deepEqual(withDropped(rows, none, (i) => i === 0), Float32Array.of(-1, -2, 3, 4));
  const f16 = guidedRows(Float16Array.of(1, 2), Float32Array.of(5, 6));
  deepEqual(f16, Float16Array.of(1, 2, 5, 6));
});

Deno.test("conditionInputs() gives contexts in the type of the input, from either", () => {
  const tokens = { kind: "tokens", tokens: 1, width: 2 } as const;
  for (const rows of [Float32Array.of(1, -2), Float16Array.of(1, -2)]) {
    deepEqual(conditionInputs(tokens, rows), { context: Float32Array.of(1, -2) });
    const { context } = conditionInputs({ ...tokens, packed: true }, rows);
    deepEqual(new Uint32Array(context), Uint32Array.of(0xc0003c00));
  }
  deepEqual(conditionInputs({ kind: "label", labels: 3 }, Int32Array.of(2)), {
    labels: Int32Array.of(2),
  });
});
