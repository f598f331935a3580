import { ok, rejects, strictEqual as equal } from "node:assert/strict";
import { findWeights } from "../../../train/checkpoints/find_weights.ts";
import { loadWeights, openCheckpoint } from "../../../train/checkpoints/open_checkpoint.ts";
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

Deno.test("openCheckpoint() finds weights and loads them to a device", async () => {
  const config = goldenConfig(await readGolden("training_scalelong3"), 1);
  const notes: string[] = [];
  const opened = await openCheckpoint(file, { config, onNote: (note) => notes.push(note) });
  equal(opened.file, file);
  equal(opened.config.nnet.scalelong, 3);
  using device = await openDevice();
  using state = await opened.load(device);
  ok(state.bytes > 0);
});

Deno.test("openCheckpoint() asks for a configuration where the files have none, not for flags", async () => {
  await rejects(openCheckpoint(file), (error: Error) => {
    equal(error.name, "UsageError");
    ok(!error.message.includes("--"), error.message);
    const begin =
      `${file}: does not say what its network is; give it as { config }, of configure()`;
    return error.message.startsWith(begin) && error.message.includes("nnet.scalelong=3");
  });
  await rejects(openCheckpoint("no/such"), { message: "no/such: there is no such file or folder" });
});
