import { deepStrictEqual as deepEqual, throws } from "node:assert/strict";
import { parseConfig } from "../../../train/config/parse_config.ts";
import { presets } from "../../../train/config/presets.ts";

Deno.test("parseConfig() returns a configuration, with the defaults of missing sections", () => {
  const { process: _, ...old } = presets.quickstart;
  deepEqual(parseConfig(JSON.parse(JSON.stringify(old))), presets.quickstart);
});

Deno.test("parseConfig() takes a background as a colour, and none where it is missing", () => {
  const { quickstart, quickstart: { dataset: { background: _, ...dataset } } } = presets;
  deepEqual(parseConfig({ ...quickstart, dataset }), quickstart);
  for (const background of ["white", "#08f", "#A0b1C2"]) {
    const parsed = parseConfig({ ...quickstart, dataset: { ...dataset, background } });
    deepEqual(parsed.dataset.background, background);
  }
  for (const background of ["pink", "#12345", "ffffff", ""]) {
    throws(
      () => parseConfig({ ...quickstart, dataset: { ...dataset, background } }),
      /^UsageError: .*dataset\.background.*white, black, grey, hexadecimal digits like #ff8000/,
    );
  }
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
