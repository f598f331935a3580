import { deepStrictEqual as deepEqual, throws } from "node:assert/strict";
import { LIGHT_PARSERS } from "../../../tasks/demo/worker/light_parsers.ts";
import { configSchema } from "../../../train/config/config_schema.ts";
import { presets } from "../../../train/config/presets.ts";

Deno.test("the page takes every configuration that the commands write", () => {
  for (const preset of Object.values(presets)) {
    const text = JSON.stringify(preset);
    deepEqual(LIGHT_PARSERS.config(text), configSchema.parse(preset));
    deepEqual(JSON.stringify(LIGHT_PARSERS.config(text)), text);
  }
  // A run of before lacks what was added since.
  const { process: _, autoencoder: __, text_encoder: _e, nnet, ...before } = presets.quickstart;
  const {
    clip_dim: _d,
    num_clip_token: _n,
    text_depth: _t,
    text_heads: _h,
    ...network
  } = nnet;
  deepEqual(
    LIGHT_PARSERS.config(JSON.stringify({ ...before, nnet: network })),
    presets.quickstart,
  );
});

Deno.test("the page refuses configurations of another form", () => {
  const { nnet, train, ...rest } = presets.quickstart;
  const { depth: _, ...shallow } = nnet;
  const wrong: unknown[] = [
    null,
    {},
    rest,
    { ...rest, train, nnet: shallow },
    { ...rest, train, nnet: { ...nnet, depth: null } },
    { ...rest, train, nnet: { ...nnet, depth: "4" } },
    { ...rest, train, nnet: { ...nnet, more: 1 } },
    { ...rest, train, nnet: { ...nnet, scalelong: 9 } },
    { ...rest, train: [], nnet },
  ];
  for (const config of wrong) {
    throws(() => LIGHT_PARSERS.config(JSON.stringify(config)), TypeError, JSON.stringify(config));
  }
  throws(() => LIGHT_PARSERS.loss_average('{"sum": 1}'), TypeError);
  throws(() => LIGHT_PARSERS.data('{"digest": "0a"}'), TypeError);
});
