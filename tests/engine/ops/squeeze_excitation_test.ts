import { ok, throws } from "node:assert/strict";
import { evaluate, evaluateReference, grad, input, sum, type Tensor } from "../../../engine/mod.ts";
import {
  squeezeExcitation,
  type SqueezeExcitationWeights,
} from "../../../engine/ops/squeeze_excitation.ts";
import { distance } from "../../golden.ts";
import { openDevice } from "../../device.ts";

const SHAPES: Readonly<Record<string, readonly number[]>> = {
  x: [2, 5, 3],
  z: [2, 5, 2],
  w1: [2, 5],
  b1: [2],
  w2: [5, 2],
  b2: [5],
};

const given = (name: string): Tensor => input(name, SHAPES[name]);
const values = Object.fromEntries(
  Object.entries(SHAPES).map(([name, shape], n) => [
    name,
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(7 * n + i)),
  ]),
);

function layers(names: readonly [string, string, string, string]): SqueezeExcitationWeights {
  const [w1, b1, w2, b2] = names.map(given);
  return { layer1: { weight: w1, bias: b1 }, layer2: { weight: w2, bias: b2 } };
}

Deno.test("squeezeExcitation() has gradients where one of its results is not used", async () => {
  using device = await openDevice();
  const [x, z] = ["x", "z"].map(given);
  const weights = layers(["w1", "b1", "w2", "b2"]);
  const parameters = [weights.layer1.weight, weights.layer2.bias];
  const { scaled: [used] } = squeezeExcitation([x, z], weights);
  const [dx, dz, ...rest] = grad(sum(used), [x, z, ...parameters]);
  const alone = grad(sum(squeezeExcitation([x], weights).scaled[0]), [x, ...parameters]);
  const expected = evaluateReference(alone, values);
  for (const [i, gradient] of [dx, ...rest].entries()) {
    ok(distance(await evaluate(gradient, values, device), expected[i]) < 1e-6);
  }
  ok((await evaluate(dz, values, device)).every((value) => value === 0));
});

Deno.test("squeezeExcitation() names the shapes that do not fit", () => {
  const error = (message: string) => ({ name: "ShapeError", message });
  throws(
    () => squeezeExcitation([given("x"), given("w2")], layers(["w1", "b1", "w2", "b2"])),
    error(
      "squeeze_excitation: [2, 5, 3], [5, 2] are not of one width that [2, 5], [2], [5, 2], [5] fit",
    ),
  );
  throws(
    () => squeezeExcitation([given("x")], layers(["w2", "b1", "w2", "b2"])),
    error("squeeze_excitation: [2, 5, 3] are not of one width that [5, 2], [2], [5, 2], [5] fit"),
  );
});

Deno.test("the gates of squeezeExcitation() have no gradient", () => {
  const weights = layers(["w1", "b1", "w2", "b2"]);
  const x = given("x");
  throws(() => grad(sum(squeezeExcitation([x], weights).gates[0]), [x]), {
    name: "ShapeError",
    message: "squeeze_excitation: its gates have no gradient",
  });
});
