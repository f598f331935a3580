import type { OperationExample } from "../example.ts";
import { mul } from "../../ops/binary.ts";
import { cast } from "../../ops/cast.ts";
import { applyOne } from "../../ops/elementwise.ts";
import { gelu } from "../../ops/gelu.ts";
import { pack, unpack } from "../../ops/pack.ts";
import { affine, exp, square } from "../../ops/unary.ts";
import { upsampleNearest } from "../../ops/upsample_nearest.ts";
import { broadcastTo, concat, pad, permute, reshape, slice, windowOp } from "../../ops/views.ts";
import { type Shape, shapeText, type Tensor } from "../../tensor.ts";
import { f32, smooth } from "./building.ts";

function viewed(
  name: string,
  shapes: readonly Shape[],
  build: (inputs: readonly Tensor[]) => Tensor,
): OperationExample {
  return smooth(`${name}: ${shapes.map(shapeText).join(" and ")}`, shapes, build);
}

/** Views, casts, packing. */
export const views: readonly OperationExample[] = [
  viewed("reshape", [[3, 8]], ([x]) => affine(reshape(x, [2, 3, -1]), 2)),
  viewed("permute 2, 0, 1", [[3, 5, 7]], ([x]) => permute(x, [2, 0, 1])),
  viewed("permute 1, 0, 2, vectors", [[3, 5, 8]], ([x]) => permute(x, [1, 0, 2])),
  viewed("permute 0, 3, 1, 2", [[2, 3, 4, 5]], ([x]) => permute(x, [0, 3, 1, 2])),
  viewed("broadcast to [2, 3, 5, 4]", [[3, 1, 4]], ([x]) => broadcastTo(x, [2, 3, 5, 4])),
  viewed("broadcast to [3, 8]", [[3, 1]], ([x]) => broadcastTo(x, [3, 8])),
  viewed("slice 2 to 9 of axis 1", [[5, 11, 3]], ([x]) => slice(x, 1, 2, 9)),
  viewed("slice 4 to 12 of axis 1, vectors", [[3, 16]], ([x]) => slice(x, 1, 4, 12)),
  viewed("slice 0 to 4 of axis 1, rows not whole vectors", [[3, 6]], ([x]) => slice(x, 1, 0, 4)),
  viewed("pad axis 0 by 0, 2, the end not a whole vector", [[6]], ([x]) => pad(x, 0, 0, 2)),
  viewed("pad axis 0 by 2, 1", [[4, 7]], ([x]) => pad(x, 0, 2, 1)),
  viewed("pad axis 1 by 4, 8, vectors", [[3, 4]], ([x]) => pad(x, 1, 4, 8)),
  viewed("window [4, 9] at -1, -3", [[5, 7]], ([x]) => {
    return applyOne(windowOp, [x], { starts: [-1, -3], sizes: [4, 9] });
  }),
  viewed("window [5, 8] at 1, -4, vectors", [[3, 8]], ([x]) => {
    return applyOne(windowOp, [x], { starts: [1, -4], sizes: [5, 8] });
  }),
  viewed("concat axis 1", [[3, 5], [3, 1], [3, 2]], (inputs) => concat(inputs, 1)),
  viewed("concat axis 0", [[1, 3], [2, 3]], (inputs) => concat(inputs, 0)),
  viewed("concat axis 1, vectors", [[2, 8], [2, 4]], (inputs) => concat(inputs, 1)),
  viewed("upsample_nearest", [[2, 3, 5, 7]], ([x]) => upsampleNearest(x)),
  viewed("upsample_nearest", [[1, 1, 1, 1]], ([x]) => upsampleNearest(x)),
  viewed("upsample_nearest", [[2, 1, 3, 8]], ([x]) => upsampleNearest(x)),
  smooth("pack: 3 at 64, 130 at 128, of 300, zeros between", [[3], [10, 13]], ([a, b]) => {
    return pack([square(a), gelu(b)], { offsets: [64, 128], length: 300 });
  }),
  smooth("unpack: [2, 3] at 0 and [5] at 128, of 133", [[133]], ([x]) => {
    const packed = exp(x);
    return [
      unpack(packed, { offset: 0, shape: [2, 3] }),
      square(unpack(packed, { offset: 128, shape: [5] })),
    ];
  }),
  {
    name: "cast: [7, 13] of numbers that f16 has, kept and promoted back",
    inputs: [f32([7, 13], (i) => ((i * 29) % 91 - 45) / 32), f32([7, 13])],
    differentiable: [0, 1],
    build: ([x, y]) => {
      const half = cast(x, "f16");
      return [mul(half, y), half];
    },
  },
  smooth("pack: offsets that are no bindings'", [[3], [2, 2], [5]], ([a, b, c]) => {
    return pack([a, exp(b), c], { offsets: [0, 3, 9], length: 14 });
  }),
];
