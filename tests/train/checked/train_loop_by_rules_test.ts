import { deepStrictEqual as deepEqual, rejects, strictEqual as equal } from "node:assert/strict";
import type { Config } from "../../../train/config/config.ts";
import { trainLoop } from "../../../train/checked/train_loop_by_rules.ts";
import type { ImageSource } from "../../../train/data/image_source.ts";
import { shapes } from "../../../train/data/shapes.ts";
import { sourceFiles, sourceText } from "../../source_files.ts";
import { openDevice } from "../../device.ts";
import { tinyConfig } from "../../tiny_config.ts";

const data = shapes({ image_size: 8, n: 16, seed: 0 });

Deno.test("trainLoop() of a page refuses configurations that contradict themselves or the data", async () => {
  using device = await openDevice();
  const before = device.bufferBytes;
  const refused: [Config, ImageSource, RegExp][] = [
    [
      tinyConfig({ nnet: { patch_size: 3 } }),
      data,
      /patches of 3 do not fill images/,
    ],
    [
      tinyConfig(),
      shapes({ image_size: 16, n: 16, seed: 0 }),
      /are 16 pixels wide and high, not 8/,
    ],
    [tinyConfig({ nnet: { num_classes: 5 } }), data, /set nnet.num_classes=17/],
  ];
  for (const [config, data, message] of refused) {
    await rejects(trainLoop(device, config, data), { name: "UsageError", message });
  }
  equal(device.bufferBytes, before);
});

Deno.test("only the demo's page, whose settings contradict nothing, trains without these checks", async () => {
  const unchecked: string[] = [];
  for await (const path of sourceFiles("eval", "notebook", "tasks")) {
    const imports = /import \{[^}]*\btrainLoop\b[^}]*\} from "[^"]*\/train_loop\.ts"/;
    if (imports.test(await sourceText(path))) unchecked.push(path);
  }
  deepEqual(unchecked, ["tasks/demo/worker/session.ts"]);
});
