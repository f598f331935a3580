import { doesNotThrow, throws } from "node:assert/strict";
import { basisOf, mustBeAlike } from "../../../tasks/train/basis.ts";
import { shapes } from "../../../train/data/shapes.ts";
import { tinyConfig } from "../../tiny_config.ts";

Deno.test("processes with other settings or data do not train together", () => {
  const config = { ...tinyConfig(), workdir: "" };
  const data = (n: number) => shapes({ image_size: 8, n, seed: 0 });
  const first = basisOf(config, data(16));
  doesNotThrow(() => mustBeAlike(first, basisOf({ ...config }, data(16))));
  throws(() => mustBeAlike(first, basisOf({ ...config, seed: 1 }, data(16))), {
    name: "CollectiveError",
    message: "its settings are not those of process 0: start all by the same command",
  });
  throws(() => mustBeAlike(first, basisOf(config, data(17))), {
    name: "CollectiveError",
    message: /^its data are not those of process 0: 17 images, .*; not 16 images, /,
  });
});
