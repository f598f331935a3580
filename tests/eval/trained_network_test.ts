import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { ancestors } from "../../engine/graph.ts";
import { constant, State } from "../../engine/mod.ts";
import { trainedNetwork } from "../../eval/trained_network.ts";
import { shapesOf } from "../../train/checkpoints/network_shapes.ts";
import { openDevice } from "../device.ts";
import { tinyConfig, tinyUnet } from "../tiny_config.ts";

Deno.test("trainedNetwork() predicts with either network, dropout off", async () => {
  using device = await openDevice();
  for (const config of [tinyConfig(), tinyUnet()]) {
    using weights = new State(device, shapesOf(config), "weights");
    const { predict, predicts, conditioning } = trainedNetwork(weights, config);
    deepEqual([predicts, conditioning], ["noise", { kind: "label", labels: 17 }]);
    const x = constant(new Float32Array(2 * 3 * 64), [2, 3, 8, 8]);
    const y = predict(x, constant([1, 2]), constant(Int32Array.of(0, 1)));
    deepEqual(y.shape, x.shape);
    equal(ancestors([y]).some(({ op }) => op.name === "dropout"), false);
  }
});
