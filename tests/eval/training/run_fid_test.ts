import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { join } from "node:path";
import { RunFid } from "../../../eval/training/run_fid.ts";
import { finalDrawing, usualDrawing } from "../../../eval/training/fid_drawing.ts";
import { scoreKind } from "../../../eval/training/score_kind.ts";
import { writeBest } from "../../../train/checkpoints/best_checkpoint.ts";
import { shapes } from "../../../train/data/shapes.ts";
import { Log, type LogEntry } from "../../../train/files/log.ts";
import { openDevice } from "../../device.ts";
import { finallyJudged } from "./finally_judged.ts";

Deno.test("a run killed between a score's record and its line in the log logs it when it goes on", async () => {
  using device = await openDevice();
  const workdir = await Deno.makeTempDir();
  try {
    const config = { ...finallyJudged(), workdir };
    const reference = { mu: Float64Array.of(1), sigma: Float64Array.of(2), n: null };
    const inception = { parameters: {}, sha256: "0".repeat(64), file: "" };
    const kindOf = (drawing: { n: number; steps: number }) =>
      scoreKind({ config, inception, reference }, drawing);
    await Deno.mkdir(join(workdir, "checkpoints"));
    await writeBest(workdir, {
      best: { step: 2, fid: 7 },
      scores: [{ step: 2, fid: 7 }, { step: 4, fid: 8 }],
      kind: kindOf(usualDrawing(config)),
      final: { step: 2, fid: 6, kind: kindOf(finalDrawing(config)!) },
    });
    const file = join(workdir, "log.jsonl");
    const lines: LogEntry[] = [{ step: 2, loss: 1 }, { step: 2, fid: 7, fid_n_samples: 2 }, {
      step: 4,
      loss: 1,
    }];
    {
      using log = await Log.open(file, 0);
      lines.forEach((line) => log.append(line));
    }
    /** What is logged by a run that goes on from its fourth step, its last. */
    const goesOn = async () => {
      const fid = await RunFid.open(device, config, shapes({ image_size: 8, n: 2, seed: 0 }), {
        inception,
        statistics: reference,
      }, { onProgress: () => {}, note: () => {} });
      using log = await Log.open(file, 4);
      const said: LogEntry[] = [];
      const scores = {
        log: (entry: LogEntry) => {
          log.append(entry);
          said.push(entry);
        },
      };
      await fid.takeUp(4, scores);
      await fid.finish(4, scores);
      return said;
    };
    deepEqual(await goesOn(), [
      { step: 4, fid: 8, fid_n_samples: 2 },
      { step: 4, best_step: 2, final_fid: 6, fid_n_samples: 5000 },
    ]);
    deepEqual(await goesOn(), []);
  } finally {
    await Deno.remove(workdir, { recursive: true });
  }
});
