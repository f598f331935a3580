import { deepStrictEqual as deepEqual, throws } from "node:assert/strict";
import { avgPool2d, constant, evaluate, grad, maxPool2d, sum } from "../../../engine/mod.ts";
import { openDevice } from "../../device.ts";

Deno.test("maxPool2d() gives a tie's gradient to the first of its largest", async () => {
  using device = await openDevice();
  const x = constant([0, 5, 5, 5, 1, 5], [1, 1, 2, 3]);
  const [dx] = grad(sum(maxPool2d(x, { kernel_size: 2, stride: 1 })), [x]);
  deepEqual([...await evaluate(dx, {}, device)], [0, 2, 0, 0, 0, 0]);
});

Deno.test("avgPool2d() divides by the window, or by what lies in the image", async () => {
  using device = await openDevice();
  const x = constant([1, 1, 1, 1], [1, 1, 2, 2]);
  const means = async (count_include_pad: boolean) => [
    ...await evaluate(
      avgPool2d(x, { kernel_size: 4, stride: 2, padding: 1, count_include_pad }),
      {},
      device,
    ),
  ];
  deepEqual(await means(true), [0.25]);
  deepEqual(await means(false), [1]);
});

Deno.test("pooling rejects an input or window that does not fit, naming it", () => {
  const x = constant(new Float32Array(16), [1, 1, 4, 4]);
  throws(() => maxPool2d(constant([1]), { kernel_size: 2 }), {
    name: "ShapeError",
    message: "max_pool2d: takes [batch, channels, height, width], not [1]",
  });
  throws(() => avgPool2d(x, { kernel_size: 3, padding: 2 }), {
    name: "ShapeError",
    message: "avg_pool2d: no windows of 3 with stride 3 and padding 2",
  });
  throws(() => maxPool2d(x, { kernel_size: 5 }), {
    name: "ShapeError",
    message: "max_pool2d: output [1, 1, 0, 0] has an empty dimension",
  });
});
