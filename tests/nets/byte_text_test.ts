import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { constant, grad, mean, square, type Tensor } from "../../engine/mod.ts";
import { evaluateReference } from "../../engine/reference.ts";
import { byteTokens, TOKEN_BYTES } from "../../nets/byte_tokens.ts";
import { initialize, parameterShapes } from "../../nets/parameters.ts";
import { uvit, type UVitConfig, uvitParameters } from "../../nets/uvit.ts";
import { presets } from "../../train/config/presets.ts";

const LENGTH = 4;
const config: UVitConfig = {
  ...presets.quickstart.nnet,
  ...{ img_size: 4, patch_size: 2, in_chans: 1, embed_dim: 4, depth: 2, num_heads: 2 },
  ...{ num_classes: -1, clip_dim: 8, num_clip_token: LENGTH, text_depth: 2, text_heads: 2 },
};
const describe = (make: Parameters<typeof uvitParameters>[1]) => void uvitParameters(config, make);

/** The loss of given weights and its gradient by them, in float64. */
function lossOf(values: Readonly<Record<string, Float32Array>>, texts: readonly string[]) {
  const leaves: Record<string, Tensor> = {};
  const params = uvitParameters(
    config,
    (name, shape) => leaves[name] = constant(values[name], shape),
  );
  const x = constant(Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)), [2, 1, 4, 4]);
  const ids = texts.flatMap((text) => [...byteTokens(text, LENGTH).ids]);
  const condition = constant(Int32Array.from(ids), [2, LENGTH * TOKEN_BYTES]);
  const output = uvit(params, { x, timesteps: constant([10, 900]), condition }, config);
  const loss = mean(square(output));
  const names = Object.keys(leaves);
  const [value, first, ...grads] = evaluateReference([
    loss,
    output,
    ...grad(loss, names.map((name) => leaves[name])),
  ]);
  return {
    loss: value[0],
    output: first,
    grads: Object.fromEntries(names.map((n, i) => [n, grads[i]])),
  };
}

/** Weights that are all away from zero, so that every path carries a gradient. */
function weights(): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(initialize(describe, 3)).map(([name, values]) => [
      name,
      values.map((v, i) => v + 0.3 * Math.sin(7 * i + name.length)),
    ]),
  );
}

Deno.test("the gradient of a text encoder of the network's own is that of differences", () => {
  const texts = ["ab", "c"];
  const values = weights();
  const { grads } = lossOf(values, texts);
  const own = Object.keys(values).filter((name) => name.startsWith("text_model."));
  equal(own.length, 2 * 16 + 4);
  const step = 2 ** -12;
  for (const name of own) {
    // A row of the table of bytes that the texts have.
    const at = name.includes("byte_embedding") ? "a".charCodeAt(0) : 0;
    const [above, below] = [step, -step].map((by) => {
      const moved = values[name].slice();
      moved[at] += by;
      return { at: moved[at], loss: lossOf({ ...values, [name]: moved }, texts).loss };
    });
    const expected = (above.loss - below.loss) / (above.at - below.at);
    const error = Math.abs(grads[name][at] - expected);
    ok(
      error <= 1e-4 * Math.max(Math.abs(expected), 1e-2),
      `${name}: ${grads[name][at]}, ${expected}`,
    );
  }
});

Deno.test("a network reads the text of each image, its words and bytes in their order", () => {
  const values = weights();
  const { output } = lossOf(values, ["ab", "c"]);
  const [first, second] = [output.slice(0, 16), output.slice(16)];
  for (const other of ["ba", "a", "a b", "b a", ""]) {
    const { output: changed } = lossOf(values, [other, "c"]);
    ok(changed.slice(0, 16).some((v, i) => Math.abs(v - first[i]) > 1e-6), other);
    deepEqual(changed.slice(16), second);
  }
});

Deno.test("the keys of a text encoder of the network's own are those of CLIP's files, but for bytes", () => {
  const shapes = parameterShapes(describe);
  deepEqual(shapes["text_model.embeddings.byte_embedding.weight"], [259, 1]);
  deepEqual(shapes["text_model.embeddings.position_embedding.weight"], [LENGTH, 8]);
  deepEqual(shapes["text_model.encoder.layers.1.mlp.fc1.weight"], [32, 8]);
  deepEqual(shapes["text_model.final_layer_norm.weight"], [8]);
  // Time, the text, four patches.
  deepEqual(shapes.pos_embed, [1, 1 + LENGTH + 4, 4]);
});
