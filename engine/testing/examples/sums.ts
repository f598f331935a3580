import type { OperationExample } from "../example.ts";
import { mul } from "../../ops/binary.ts";
import { max, min } from "../../ops/max.ts";
import { sumOfSquares } from "../../ops/sum_of_squares.ts";
import { mean, sum } from "../../ops/sum.ts";
import { type Shape, shapeText } from "../../tensor.ts";
import { f32, smooth } from "./building.ts";

function summing(shape: Shape, axes?: readonly number[]): OperationExample {
  const over = axes ? `axes ${axes.join(", ")}` : "all";
  return smooth(`sum: ${shapeText(shape)} over ${over}`, [shape], ([x]) => sum(x, axes));
}

function topping(shape: Shape): OperationExample {
  return {
    name: `max, min: ${shapeText(shape)}`,
    inputs: [f32(shape)],
    differentiable: [],
    build: ([x]) => [max(x), min(x)],
  };
}

/** Sums, means and extremes. */
export const sums: readonly OperationExample[] = [
  ...[[], [7], [3, 65, 67], [20011]].map((shape) =>
    smooth(`sum_of_squares: ${shapeText(shape)}`, [shape], ([x]) => [sumOfSquares(x)])
  ),
  topping([]),
  topping([7]),
  topping([5, 1]),
  topping([3, 65, 67]),
  summing([1]),
  summing([5, 7], [0]),
  summing([4, 3, 5, 2], [1, 3]),
  summing([2, 260, 3], [1]),
  summing([257, 65], [0]),
  summing([40000, 2], [0]),
  summing([65537, 2, 2], [1]),
  summing([257, 9], [1]),
  summing([3, 8193], [1]),
  summing([2, 20000]),
  smooth("mean: [6, 5, 4] over axes 0, 2, dimensions kept", [[6, 5, 4]], ([x]) => {
    return mul(x, mean(x, [0, 2], true));
  }),
];
