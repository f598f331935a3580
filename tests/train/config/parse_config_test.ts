import { deepStrictEqual as deepEqual, throws } from "node:assert/strict";
import { parseConfig } from "../../../train/config/parse_config.ts";
import { presets } from "../../../train/config/presets.ts";

Deno.test("parseConfig() returns a configuration, with the defaults of missing sections", () => {
  const { process: _, ...old } = presets.quickstart;
  deepEqual(parseConfig(JSON.parse(JSON.stringify(old))), presets.quickstart);
});

Deno.test("parseConfig() names the field of each problem, and states contradictions", () => {
  const { train, nnet } = presets.quickstart;
  throws(
    () => parseConfig({ ...presets.quickstart, train: { ...train, batch_size: 0, extra: 1 } }),
    (error: Error) => /train\.batch_size: /.test(error.message) && /extra/.test(error.message),
  );
  throws(() => parseConfig({ ...presets.quickstart, nnet: { ...nnet, depth: 3 } }), {
    name: "UsageError",
    message: /^--nnet\.depth: /,
  });
});
