import { strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { shownCommand } from "../../../tasks/cli/shown_command.ts";
import { afterDivergence } from "../../../tasks/train/after_divergence.ts";
import { DivergedError, type DivergenceKind } from "../../../train/divergence.ts";
import { tinyConfig } from "../../tiny_config.ts";

/** What is said of a run with checkpoints of some steps, after "training diverged". */
async function said(
  { saved, unusable = [], step, kind, args, lr = 2e-3 }: {
    saved: readonly number[];
    unusable?: readonly number[];
    step: number;
    kind: DivergenceKind;
    args: readonly string[];
    lr?: number;
  },
): Promise<string> {
  const workdir = await Deno.makeTempDir();
  const hereFor = (text: string) => text.replaceAll("RUN", workdir);
  try {
    for (const step of saved) {
      await Deno.mkdir(join(workdir, "checkpoints", String(step)), { recursive: true });
    }
    const { message, ...error } = await afterDivergence(new DivergedError("lost", step, kind), {
      config: { ...tinyConfig({ optimizer: { lr } }), workdir },
      args: args.map(hereFor),
      unusable: new Set(unusable),
    });
    equal(error.step, step);
    const [first, second, ...more] = message.replaceAll(workdir, "RUN")
      .replaceAll(shownCommand("train"), "deno task train").split("\n");
    equal(first, "lost");
    equal(more.length, 0);
    return second.replaceAll("\\", "/");
  } finally {
    await Deno.remove(workdir, { recursive: true });
  }
}

Deno.test("afterDivergence() names the newest checkpoint and the command with a lower rate", async () => {
  const args = ["--workdir=RUN", "--lr", "2e-3", "--scalelong=3", "--nnet.depth", "4"];
  equal(
    await said({ saved: [5, 10, 15], step: 20, kind: "state", args }),
    "the newest good checkpoint is RUN/checkpoints/15; to go on from it with a lower rate: " +
      "deno task train --workdir=RUN --scalelong=3 --nnet.depth 4 --lr=0.0002",
  );
  equal(
    await said({ saved: [5], step: 7, kind: "loss", args: ["--optimizer.lr=3e38"], lr: 3e38 }),
    "the newest good checkpoint is RUN/checkpoints/5; to go on from it with a lower rate: " +
      "deno task train --lr=0.001",
  );
});

Deno.test("afterDivergence() leaves out checkpoints that cannot be used, which a resumed run skips", async () => {
  equal(
    await said({ saved: [5, 10], unusable: [10], step: 7, kind: "loss", args: [] }),
    "the newest good checkpoint is RUN/checkpoints/5; to go on from it with a lower rate: " +
      "deno task train --lr=0.0002",
  );
});

Deno.test("afterDivergence() passes over finite weights that gave an infinite loss", async () => {
  const args = ["--workdir=RUN", "--init-from", "w.pth", "--init-from-partial", "--n_steps=9"];
  equal(
    await said({ saved: [5, 6], step: 7, kind: "loss", args }),
    "the newest good checkpoint is RUN/checkpoints/5; to go on from it with a lower rate: " +
      "deno task train --n_steps=9 --resume-from=RUN/checkpoints/5 --workdir=RUN_from_5 --lr=0.0002",
  );
  equal(
    await said({ saved: [6], step: 7, kind: "loss", args }),
    "none of its checkpoints is good; to begin again with a lower rate, in another folder: " +
      "deno task train --init-from w.pth --init-from-partial --n_steps=9 --workdir=RUN_again --lr=0.0002",
  );
});

Deno.test("afterDivergence() begins again where nothing was saved, and where f16 overflows asks for 32 bits", async () => {
  equal(
    await said({ saved: [], step: 2, kind: "state", args: ["--resume-from=a b"] }),
    "no checkpoint was saved before; to begin again with a lower rate: " +
      "deno task train '--resume-from=a b' --lr=0.0002",
  );
  equal(
    await said({ saved: [60], step: 61, kind: "overflow", args: ["--mixed-precision=fp16"] }),
    "the newest good checkpoint is RUN/checkpoints/60; to go on from it with 32 bits: " +
      "deno task train --mixed_precision=no",
  );
});
