import assert from "node:assert/strict";
import { join } from "node:path";
import { shapesOf } from "../../train/checkpoints/network_shapes.ts";
import {
  readPytorchCheckpoint,
  writePytorchCheckpoint,
} from "../../train/checkpoints/pytorch_checkpoint.ts";
import { readGolden } from "../golden.ts";
import { goldenConfig } from "../train/golden_training.ts";
import { python, skipped } from "./python.ts";

Deno.test({
  name: `PyTorch goes on from our checkpoint folder as from its own${skipped}`,
  ignore: !python,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const reference = new URL("../golden/12.ckpt", import.meta.url).pathname;
      const config = goldenConfig(await readGolden("training_scalelong3"), 1);
      const { optimizer: _, ...values } = await readPytorchCheckpoint(reference, shapesOf(config));
      const ours = join(folder, "12.ckpt");
      await writePytorchCheckpoint(ours, { ...values, config });
      const { success, stdout, stderr } = await new Deno.Command(python!, {
        args: [join(import.meta.dirname!, "check_checkpoint.py"), reference, ours],
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assert.ok(success, text(stderr));
      assert.match(text(stdout), /goes on at step 13 with lr 0\.01$/m);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
