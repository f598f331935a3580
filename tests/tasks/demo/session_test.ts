import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { MemoryFiles } from "../../../tasks/demo/worker/files.ts";
import { Session } from "../../../tasks/demo/worker/session.ts";
import { encodeCheckpoint } from "../../../train/checkpoints/checkpoint_files.ts";
import { shapesOf } from "../../../train/checkpoints/network_shapes.ts";
import { presets } from "../../../train/config/presets.ts";
import { checkpointOf } from "../../train/checkpoints/checkpoint_of.ts";

Deno.test("the page says what it lacks for networks of latents and of texts", async () => {
  const said: string[] = [];
  const session = new Session(new MemoryFiles(), (report) => {
    if (report.is === "failed" || report.is === "done") said.push(report.text);
  });
  const { quickstart, imagenet256_uvit_large } = presets;
  const texts = {
    ...quickstart,
    nnet: { ...quickstart.nnet, num_classes: -1, clip_dim: 8 },
  };
  for (const config of [imagenet256_uvit_large, texts]) {
    const encoded = encodeCheckpoint({ ...checkpointOf(5), config });
    const files = Array.from(encoded, ([name, bytes]) => ({ name, bytes }));
    await session.handle({ ask: "import", files });
  }
  deepEqual(said, [
    "nnet.safetensors: its network draws latents, which this page cannot decode",
    "nnet.safetensors: its network draws what texts say, and this page has no text encoder",
  ]);
});

Deno.test("the page takes no weights that are not those of the configuration with them", async () => {
  const said: string[] = [];
  const session = new Session(new MemoryFiles(), (report) => {
    if (report.is === "failed" || report.is === "done") said.push(report.text);
  });
  const { quickstart } = presets;
  const values = Object.fromEntries(
    Object.entries(shapesOf(quickstart)).map(([name, shape]) => [
      name,
      { shape: [...shape], data: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
    ]),
  );
  const saved = { nnet: values, nnet_ema: values, exp_avg: values, exp_avg_sq: values };
  for (const changes of [{}, { depth: 3 }, { patch_size: 5 }]) {
    const config = { ...quickstart, nnet: { ...quickstart.nnet, ...changes } };
    const encoded = encodeCheckpoint({ ...checkpointOf(5), ...saved, config });
    const files = Array.from(encoded, ([name, bytes]) => ({ name, bytes }));
    await session.handle({ ask: "import", files });
  }
  const refused = "nnet.safetensors: holds other weights than its network has";
  deepEqual(said, ["Opened as run-1, after 5 steps", refused, refused]);
});
