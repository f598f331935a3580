import { deepStrictEqual as deepEqual, throws } from "node:assert/strict";
import { parseConfig } from "../../../train/config/parse_config.ts";
import { presets } from "../../../train/config/presets.ts";

Deno.test("parseConfig() returns a configuration, with the defaults of missing sections", () => {
  const { process: _, ...old } = presets.quickstart;
  deepEqual(parseConfig(JSON.parse(JSON.stringify(old))), presets.quickstart);
  const {
    clip_dim: _d,
    num_clip_token: _n,
    text_depth: _depth,
    text_heads: _h,
    ...nnet
  } = old.nnet;
  deepEqual(parseConfig({ ...old, nnet }), presets.quickstart);
  const { variant: _v, order: _o, grid: _g, eta: _e, t_end: _t, ...sample } = old.sample;
  deepEqual(parseConfig({ ...old, sample }), presets.quickstart);
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
  const refused: [unknown, string][] = [
    [
      { ...presets.quickstart, train: { ...train, batch_size: 0, batchsize: 1 } },
      [
        "train.batch_size: expected a whole number of at least 1, got 0",
        "train.batchsize: there is no such setting; did you mean train.batch_size?",
      ].join("\n"),
    ],
    [
      { ...presets.quickstart, nnet: { ...nnet, depth: 3 } },
      "nnet.depth: 3 is odd, but half of the blocks come before the middle one, half after it; take 4",
    ],
    [null, "expected a configuration, an object of type Config"],
  ];
  for (const [value, message] of refused) {
    throws(() => parseConfig(value), { name: "UsageError", message });
  }
  const { seed: _, ...lacking } = presets.quickstart;
  throws(() => parseConfig(lacking), { name: "UsageError", message: /^seed: / });
});
