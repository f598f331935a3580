import { rejects, strictEqual as equal } from "node:assert/strict";
import { findWeights } from "../../../train/checkpoints/find_weights.ts";
import { loadWeights } from "../../../train/checkpoints/load_weights.ts";
import { openDevice } from "../../device.ts";
import { readGolden } from "../../golden.ts";
import { goldenConfig } from "../golden_training.ts";

const file = new URL("../../golden/nnet_half.pth", import.meta.url).pathname;

Deno.test("loadWeights() that fails half-way leaves no device memory", async () => {
  using device = await openDevice();
  const config = goldenConfig(await readGolden("training_scalelong3"), 1);
  const found = await findWeights(file, { kind: "ema", onNote: () => {}, config });
  const { idle } = device;
  device.idle = () => Promise.reject(new Error("refused"));
  await rejects(loadWeights(device, found), /refused/);
  equal(device.bufferBytes, 0);
  device.idle = idle;
  using state = await loadWeights(device, found);
  equal(device.bufferBytes, state.bytes);
});
