import type { ExampleInput, OperationExample } from "../example.ts";
import type { Shape, Tensor } from "../../tensor.ts";

/** An input of 32-bit numbers. */
export const f32 = (shape: Shape, values?: ExampleInput["values"]): ExampleInput => ({
  shape,
  dtype: "f32",
  values,
});

/** An example whose inputs are all differentiable and f32. */
export function smooth(
  name: string,
  shapes: readonly Shape[],
  build: (inputs: readonly Tensor[]) => Tensor | readonly Tensor[],
): OperationExample {
  return {
    name,
    inputs: shapes.map((shape) => f32(shape)),
    differentiable: [...shapes.keys()],
    build: (inputs) => [build(inputs)].flat(),
  };
}

/** Numbers spread over +-reach that keep away from 0. */
export const spread = (reach: number) => (i: number): number =>
  reach * (((i * 29) % 91 + 0.5) / 45.5 - 1);
