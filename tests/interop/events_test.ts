import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodePng } from "../../train/formats/image.ts";
import { RunEvents } from "../../train/tensorboard/run_events.ts";
import { missing, pythonWith } from "./python.ts";

const python = pythonWith("google.protobuf");

Deno.test({
  name: `protobuf's own decoder reads our event files${missing(python, "protobuf")}`,
  ignore: python === null,
  fn: async () => {
    const workdir = await Deno.makeTempDir();
    await Deno.mkdir(join(workdir, "samples"));
    const png = encodePng(new Uint8Array(3 * 5 * 4), 5, 4);
    await Deno.writeFile(join(workdir, "samples", "3000000000.png"), png);
    const config = { seed: 7, nnet: { name: "uvit", conv: true, sizes: [1, 2] } };
    const events = await RunEvents.open({ workdir, config }, { step: 200 });
    events.scalars({ step: 300, loss: 0.25, "gate_mean.1": 0.5 });
    await events.image(3_000_000_000);
    events[Symbol.dispose]();
    const { code, stdout, stderr } = await new Deno.Command(python!, {
      args: [fileURLToPath(import.meta.resolve("./read_events.py")), events.file],
    }).output();
    equal(code, 0, new TextDecoder().decode(stderr));
    deepEqual(JSON.parse(new TextDecoder().decode(stdout)), [
      [0, "version", "brain.Event:2"],
      [1, "session", 1],
      [0, "_hparams_/session_start_info", {
        "seed": 7,
        "nnet.name": "uvit",
        "nnet.conv": true,
        "nnet.sizes": "1,2",
      }],
      [300, "train/loss", 0.25],
      [300, "gate_mean/1", 0.5],
      [3_000_000_000, "samples", [5, 4, 3, png.length]],
    ]);
    await Deno.remove(workdir, { recursive: true });
  },
});
