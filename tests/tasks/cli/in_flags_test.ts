import { strictEqual as equal } from "node:assert/strict";
import { z } from "zod";
import { inFlags } from "../../../tasks/cli/in_flags.ts";
import { TRAIN_FLAGS } from "../../../tasks/train/train_flags.ts";

const inTrain = (message: string) => inFlags(message, ...TRAIN_FLAGS);

Deno.test("inFlags() writes settings as the flags of the command", () => {
  const cases = [
    [
      "nnet.depth: 3 is odd, but half of the blocks come first; take 4",
      "--nnet.depth: 3 is odd, but half of the blocks come first; take 4",
    ],
    [
      "dataset.image_size: give dataset.image_size and nnet.img_size the same value",
      "--dataset.image_size: give --dataset.image_size and --nnet.img_size the same value",
    ],
    ["seed: 0 was given", "--seed: 0 was given"],
    ["  train.n_steps: 2 -> 3", "  --train.n_steps: 2 -> 3"],
    [
      "a: none\n  the file fits nnet.depth=4 (or 6)",
      "a: none\n  the file fits --nnet.depth=4 (or 6)",
    ],
    ["give one part, path=photos/train", "give one part, --dataset.path=photos/train"],
    ["1 of 3 cannot be; skip_broken=true:", "1 of 3 cannot be; --dataset.skip_broken=true:"],
    ["try a lower optimizer.lr, or others", "try a lower --optimizer.lr, or others"],
  ];
  for (const [said, shown] of cases) {
    equal(inTrain(said), shown);
    equal(inTrain(shown), shown);
  }
});

Deno.test("inFlags() leaves words, paths, other names, commands and settings of files alone", () => {
  for (
    const line of [
      "the seed of a batch, and the path to it, so that 1 + (img_size / 4)^2 = 5",
      "runs/nnet.depth/seed=3: there is no such file",
      "x.safetensors: there is nothing in nnet.width or other.thing=3",
      "mine.json: nnet.deth: there is no such setting; did you mean nnet.depth?",
      "to go on: deno task train --lr=0.1 --workdir=a",
      "L = 65 tokens",
      "  optimizer: {}, now null",
    ]
  ) {
    equal(inTrain(line), line);
  }
  const other = z.strictObject({ grid: z.string() });
  equal(inFlags("grid: has none\norder: has none", other), "--grid: has none\norder: has none");
});
