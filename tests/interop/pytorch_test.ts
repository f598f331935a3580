import assert from "node:assert/strict";
import { join } from "node:path";
import { encodeNpyObjects } from "../../train/formats/npy.ts";
import { encodeNpz } from "../../train/formats/npz.ts";
import { encodePth, type PthValue } from "../../train/formats/pth.ts";
import { python, skipped } from "./python.ts";
import { DTYPES, everyRamp, ramp } from "../train/formats/ramp.ts";

/** What load_state_dict() of AdamW for a Linear(4, 3) takes, after 12 steps. */
function optimizerState(): PthValue {
  const moments = (shape: number[]) =>
    new Map<string, PthValue>([
      ["step", { dtype: "F32", shape: [], data: Float32Array.of(12) }],
      ["exp_avg", ramp("F32", ...shape)],
      ["exp_avg_sq", {
        dtype: "F32",
        shape,
        data: new Float32Array(shape.reduce((a, b) => a * b)),
      }],
    ]);
  const group: [string, PthValue][] = [
    ["lr", 1e-3],
    ["betas", [0.99, 0.999]],
    ["eps", 1e-8],
    ["weight_decay", 0.03],
    ["amsgrad", false],
    ["foreach", null],
    ["maximize", false],
    ["capturable", false],
    ["params", [0, 1]],
  ];
  return new Map<string, PthValue>([
    ["state", new Map([[0, moments([3, 4])], [1, moments([3])]])],
    ["param_groups", [new Map(group)]],
  ]);
}

Deno.test({
  name: `PyTorch and NumPy read our .pth, .npz and feature files${skipped}`,
  ignore: !python,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const everything = new Map<string | number, PthValue>([
        ["plain", [null, true, false, 0, -1, 2 ** 31, -(2n ** 80n), 0.5, Infinity, "text ü", [
          1,
          [],
        ]]],
        [7, "seven"],
        ["linear", new Map([["weight", ramp("F32", 3, 4)], ["bias", ramp("F32", 3)]])],
        ["optimizer", optimizerState()],
      ]);
      const tensors = new Map(Object.entries(everyRamp(DTYPES)));
      await Deno.writeFile(join(folder, "state_dict.pth"), encodePth(tensors));
      await Deno.writeFile(join(folder, "everything.pth"), encodePth(everything));
      const arrays = everyRamp(DTYPES.filter((dtype) => dtype !== "BF16"));
      await Deno.writeFile(join(folder, "everything.npz"), encodeNpz(arrays));
      const feature = encodeNpyObjects([ramp("F32", 4, 2, 2), ramp("I64", 3), 7]);
      await Deno.writeFile(join(folder, "feature.npy"), feature);
      const script = join(import.meta.dirname!, "check_files.py");
      const { success, stdout, stderr } = await new Deno.Command(python!, {
        args: [script, folder],
      })
        .output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assert.ok(success, text(stderr));
      assert.match(text(stdout), /read 60 tensors, 54 arrays, a feature file$/m);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
