import { doesNotThrow, throws } from "node:assert/strict";
import { basisOf, mustBeAlike } from "../../../tasks/train/basis.ts";
import { shapes } from "../../../train/data/shapes.ts";
import { tinyConfig } from "../../tiny_config.ts";

Deno.test("processes with other settings or data do not train together", async () => {
  const config = { ...tinyConfig(), workdir: "" };
  const data = (n: number, seed = 0) => shapes({ image_size: 8, n, seed });
  const first = await basisOf(config, data(16));
  const same = await basisOf({ ...config }, data(16));
  const seeded = await basisOf({ ...config, seed: 1 }, data(16));
  const more = await basisOf(config, data(17));
  const others = await basisOf(config, data(16, 1));
  doesNotThrow(() => mustBeAlike(first, same));
  throws(() => mustBeAlike(first, seeded), {
    name: "CollectiveError",
    message: "its settings are not those of process 0: start all by the same command",
  });
  throws(() => mustBeAlike(first, more), {
    name: "CollectiveError",
    message: /^its data are not those of process 0: 17 images, .*; not 16 images, /,
  });
  throws(() => mustBeAlike(first, { ...others, counts: first.counts }), {
    name: "CollectiveError",
    message:
      "its data are not those of process 0: as many images, and others; give all processes " +
      "the same files",
  });
});
