import { deepStrictEqual as deepEqual, ok, throws } from "node:assert/strict";
import { compile, constant, type Device, input, State, type Tensor } from "../../engine/mod.ts";
import {
  CLIP_VIT_L_14,
  clipText,
  type ClipTextConfig,
  clipTextParameters,
  clipTokenTable,
} from "../../nets/clip_text.ts";
import { initialize, parameterShapes } from "../../nets/parameters.ts";
import { ADAPTER_KINDS, IS_FULL } from "../adapter_kinds.ts";
import { openDevice } from "../device.ts";
import { distance, readGolden } from "../golden.ts";
import { hashedWeight } from "./hashed_weights.ts";

const golden = await readGolden("clip_text_tiny");
const config: ClipTextConfig = JSON.parse(golden.metadata.config);
const parameters = golden.group("param.");
const shapesOf = (config: ClipTextConfig) =>
  parameterShapes((make) => clipTextParameters(config, make));

/** Every hidden state of the golden's texts, one text after another. */
async function hiddenStates(device: Device): Promise<Record<string, Float32Array>> {
  const { num_hidden_layers: depth, hidden_size: width } = config;
  const { shape: [n, length], data: ids } = golden.i32("input_ids")!;
  const params = clipTextParameters(
    config,
    (name, shape) => constant(parameters[name].data, shape),
  );
  const outputs: Record<string, Tensor> = {};
  outputs.last_hidden_state = clipText(
    params,
    input("tokens", [1, length, width]),
    config,
    (name, value) => outputs[`hidden_states.${Number(name.split(".").at(-1)) + 1}`] = value,
  );
  deepEqual(Object.keys(outputs).length, depth + 1);
  using plan = await compile(device, { outputs });
  const table = parameters[clipTokenTable(config).name].data;
  const found = Object.fromEntries(
    Object.keys(outputs).map((name) => [name, new Float32Array(n * length * width)]),
  );
  for (let text = 0; text < n; text++) {
    const rows = Array.from(ids.subarray(text * length, (text + 1) * length))
      .map((id) => table.subarray(id * width, (id + 1) * width));
    const tokens = new Float32Array(length * width);
    rows.forEach((row, i) => tokens.set(row, i * width));
    plan.run({ tokens });
    for (const name of Object.keys(outputs)) {
      found[name].set(await plan.read(name), text * length * width);
    }
  }
  return found;
}

Deno.test("clipText() gives the reference's hidden states after every block", async () => {
  for (const options of ADAPTER_KINDS) {
    using device = await openDevice(options);
    for (const [name, data] of Object.entries(await hiddenStates(device))) {
      const error = distance(data, golden.f32(name).data);
      ok(error < 2e-5, `${name} ${JSON.stringify(options)}: ${error}`);
    }
  }
});

Deno.test({
  name: "CLIP ViT-L/14's text encoder, weights by hash, gives the reference's context",
  ignore: !IS_FULL,
  async fn() {
    const file = await readGolden("clip_text_l_hashed");
    const shapes = shapesOf(CLIP_VIT_L_14);
    const table = clipTokenTable(CLIP_VIT_L_14).name;
    const keys = [...Object.keys(shapes), table].sort();
    using device = await openDevice();
    using state = new State(device, shapes, "clip_text");
    for (const name of state.names) {
      state.write(name, hashedWeight(name, shapes[name], keys.indexOf(name)));
    }
    const { hidden_size: width } = CLIP_VIT_L_14;
    const { shape, data: ids } = file.i32("input_ids")!;
    const whole = hashedWeight(table, [Math.max(...ids) + 1, width], keys.indexOf(table));
    const tokens = new Float32Array(ids.length * width);
    ids.forEach((id, i) => tokens.set(whole.subarray(id * width, (id + 1) * width), i * width));
    const params = clipTextParameters(CLIP_VIT_L_14, (name) => state.tensor(name));
    const context = clipText(params, input("tokens", [...shape, width]), CLIP_VIT_L_14);
    using plan = await compile(device, { outputs: { context } });
    plan.run({ tokens });
    const error = distance(await plan.read("context"), file.f32("last_hidden_state").data);
    console.log(`largest difference over the largest magnitude: ${error}`);
    ok(error < 2e-5);
  },
});

Deno.test("clipTextParameters() describes the reference's tensors, with its initial values", () => {
  const keys: Record<string, number[]> = JSON.parse(golden.metadata.keys);
  const { name, shape } = clipTokenTable(config);
  const sorted = (shapes: object) => Object.entries(shapes).toSorted();
  deepEqual(sorted({ ...shapesOf(config), [name]: shape }), sorted(keys));

  const full = Object.values({
    ...shapesOf(CLIP_VIT_L_14),
    table: clipTokenTable(CLIP_VIT_L_14).shape,
  });
  deepEqual(full.length, 196);
  deepEqual(full.reduce((sum, s) => sum + s.reduce((n, d) => n * d, 1), 0), 123_060_480);

  const values = initialize((make) => clipTextParameters(config, make), 1);
  const std = (name: string) => {
    const data = values[`text_model.encoder.layers.0.${name}.weight`];
    return Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / data.length);
  };
  const near = (name: string, expected: number) =>
    ok(Math.abs(std(name) / expected - 1) < 0.1, `${name}: ${std(name)}, not ${expected}`);
  near("self_attn.q_proj", (32 * 2 * 3) ** -0.5);
  near("self_attn.out_proj", 32 ** -0.5);
  near("mlp.fc1", 64 ** -0.5);
  near("mlp.fc2", (32 * 2 * 3) ** -0.5);
});

Deno.test("clipText() refuses more tokens than it has positions, and tokens of another width", () => {
  const params = clipTextParameters(config, (name, shape) => input(name, shape));
  for (const shape of [[1, 17, 32], [1, 16, 31], [16, 32]]) {
    throws(() => clipText(params, input("tokens", shape), config), {
      name: "ShapeError",
      message: `clip_text: takes [n, up to 16, 32], not [${shape.join(", ")}]`,
    });
  }
});
