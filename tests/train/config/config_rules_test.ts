import {
  deepStrictEqual as deepEqual,
  match,
  strictEqual as equal,
  throws,
} from "node:assert/strict";
import { configSchema } from "../../../train/config/config_schema.ts";
import {
  checkAgainstDataset,
  contradictions,
  type DatasetTraits,
} from "../../../train/config/config_rules.ts";
import { type Preset, presets } from "../../../train/config/presets.ts";
import type { NnetConfig, UNetNnetConfig, UVitNnetConfig } from "../../../train/config/config.ts";
import { processOf } from "../../../train/diffusion/process.ts";
import { UsageError } from "../../../train/config/usage_error.ts";

/** A configuration, changed. */
function changedFrom<N extends NnetConfig>(
  from: Preset<N>,
  change: (config: Preset<N>) => void,
): Preset<N> {
  const config = structuredClone(from);
  change(config);
  return config;
}

type Change<N> = (config: Preset<N>) => void;

const changed = (change: Change<UVitNnetConfig>) => changedFrom(presets.quickstart, change);

Deno.test("configSchema accepts the presets and rejects unknown and invalid fields", () => {
  for (const config of Object.values(presets)) deepEqual(configSchema.parse(config), config);
  throws(() => configSchema.parse({ ...presets.quickstart, more: 1 }));
  throws(() => configSchema.parse(changed((c) => c.optimizer.betas = [0.9, 1])));
  throws(() => configSchema.parse(changed((c) => c.nnet.kappa = 0)));
  throws(() => configSchema.parse(changed((c) => Object.assign(c.nnet, { scalelong: -1 }))));
  throws(() => configSchema.parse(changed((c) => c.nnet.depth = 3)), /odd/);
});

Deno.test("configSchema reads configurations from before there was an evaluation", () => {
  const { eval: evaluation, ...older } = presets.cifar10;
  deepEqual(configSchema.parse(older).eval, evaluation);
  deepEqual(configSchema.parse({ ...older, eval: { fid: { n_samples: 9 } } }).eval.fid, {
    ...evaluation.fid,
    n_samples: 9,
  });
});

Deno.test("configSchema reads configurations from before the process could be chosen", () => {
  const { process, ...older } = presets.cifar10;
  deepEqual(configSchema.parse(older).process, process);
  equal(processOf(process).name, "vp_linear(0.1, 20)");
  deepEqual(configSchema.parse({ ...older, process: { target: "data" } }).process, {
    ...process,
    target: "data",
  });
});

Deno.test("contradictions() names each pair of fields that cannot both hold", () => {
  const cases: [Change<UVitNnetConfig>, RegExp][] = [
    [(c) => c.nnet.num_heads = 7, /embed_dim: 128 .* among 7 heads; take 133/],
    [(c) => c.nnet.depth = 5, /depth: 5 is odd.*take 6/],
    [(c) => c.nnet.patch_size = 5, /patches of 5 do not fill images of 12/],
    [(c) => c.dataset.image_size = 32, /resized to 32 pixels.*expects 12/],
    [(c) => [c.nnet.scalelong, c.nnet.skip] = [2, false], /method 2 scales long skips/],
    [(c) => c.autoencoder.weights = "kl.pth", /autoencoder.weights: decodes latents.*leave it out/],
    [(c) => c.train.micro_batches = 5, /batch of 64 .* 5 equal parts/],
    [(c) => c.train.mode = "uncond", /num_classes: 17 .*train\.mode=uncond/],
    [(c) => c.nnet.num_classes = -1, /num_classes: train\.mode=cond needs .* plus 1/],
    [(c) => c.nnet.text_depth = 2, /text_depth: a text encoder .* set nnet\.clip_dim=64, say, or/],
    [
      (c) => [c.nnet.num_classes, c.nnet.clip_dim, c.nnet.text_depth] = [-1, 36, 2],
      /clip_dim: 36 cannot be divided among 4 heads and the 8 bytes .*; take 40, or other nnet\.text/,
    ],
    [
      (c) => {
        const { nnet } = c;
        [nnet.num_classes, nnet.clip_dim, nnet.text_depth, nnet.text_heads] = [-1, 32, 2, 3];
      },
      /clip_dim: 32 cannot be divided among 3 heads and the 8 bytes .*; take 48, or other nnet\.text/,
    ],
    [(c) => c.nnet.clip_dim = 768, /num_classes: a network of texts .* takes no labels; set/],
    [(c) => c.text_encoder.weights = "clip", /text_encoder.weights: encodes texts for a network/],
    [
      (c) => [c.train.mode, c.nnet.num_classes, c.nnet.clip_dim] = ["uncond", -1, 768],
      /clip_dim: the embedding of texts has no use with train\.mode=uncond/,
    ],
    [(c) => c.eval.fid.n_samples = 1, /eval\.fid\.n_samples: one image has no covariance/],
    [(c) => c.train.p_uncond = 0, /sample.scale: guidance of strength 1/],
  ];
  for (const [change, expected] of cases) {
    const found = contradictions(changed(change));
    deepEqual(found.length, 1, expected.source);
    match(found[0], expected);
  }
});

Deno.test("contradictions() names invalid options of a UNet", () => {
  const cases: [Change<UNetNnetConfig>, RegExp][] = [
    [(c) => c.nnet.ch = 48, /ch: 48 channels do not form the 32 groups.*take 64/],
    [
      (c) => [c.nnet.ch_mult, c.nnet.attn_resolutions] = [[1, 1, 1, 1], []],
      /4 levels halve images 3 times, which 12 pixels do not allow.*img_size=16/,
    ],
    [(c) => c.nnet.attn_resolutions = [12, 5], /no level has a height of 5; there are 12, 6, 3/],
    [(c) => c.train.mode = "uncond", /num_classes: 17 .*train\.mode=uncond/],
  ];
  for (const [change, expected] of cases) {
    const found = contradictions(changedFrom(presets.quickstart_unet, change));
    deepEqual(found.length, 1, expected.source);
    match(found[0], expected);
  }
});

Deno.test("contradictions() is empty where one side of a rule is off", () => {
  deepEqual(contradictions(changed((c) => [c.nnet.scalelong, c.nnet.skip] = [0, false])), []);
  deepEqual(contradictions(changed((c) => [c.train.p_uncond, c.sample.scale] = [0, 0])), []);
  deepEqual(contradictions(changedFrom(presets.cifar10, (c) => c.sample.scale = 2)), []);
  deepEqual(contradictions(changed((c) => [c.nnet.num_classes, c.nnet.clip_dim] = [-1, 768])), []);
});

Deno.test("checkAgainstDataset() requires one label more than classes when labels are dropped", () => {
  const shapes = { channels: 3, image_size: 12, classes: 16, images: 99 };
  const check = (change: Change<UVitNnetConfig>, traits: DatasetTraits = shapes) => () =>
    checkAgainstDataset(changed(change), traits);
  check(() => {})();
  throws(check((c) => c.nnet.num_classes = 16), {
    name: "UsageError",
    message: /16 classes.*one more.*num_classes=17/,
  });
  throws(check((c) => c.nnet.num_classes = 18), UsageError);
  check((c) => [c.train.p_uncond, c.nnet.num_classes] = [0, 16])();
  check((c) => c.train.p_uncond = 0)();
  throws(check((c) => [c.train.p_uncond, c.nnet.num_classes] = [0, 15]), /num_classes=16/);
  const isText: Change<UVitNnetConfig> = (c) => [c.nnet.num_classes, c.nnet.clip_dim] = [-1, 768];
  check(isText, { ...shapes, captions: { kind: "contexts", shape: [77, 768] } })();
  throws(check(isText), /clip_dim: the network takes texts, and shapes has no captions; set/);
  throws(
    check(isText, { ...shapes, captions: { kind: "contexts", shape: [7, 64] } }),
    /7 tokens of 64 numbers, not 77 of 768; set nnet.num_clip_token=7 and nnet.clip_dim=64/,
  );
  const texts = { ...shapes, captions: { kind: "texts" } } as const;
  throws(
    check(isText, texts),
    /text_depth: the captions of shapes are texts, and .*text_depth=2, say/,
  );
  const reads: Change<UVitNnetConfig> = (c) => {
    [c.nnet.num_classes, c.nnet.clip_dim, c.nnet.text_depth] = [-1, 64, 2];
  };
  check(reads, texts)();
  throws(check(reads), /clip_dim: the network takes texts, and shapes has no captions; set/);
  throws(
    check(reads, { ...shapes, captions: { kind: "contexts", shape: [77, 768] } }),
    /text_depth: the captions of shapes are encoded, and .* set nnet.text_depth=0/,
  );
});

Deno.test("checkAgainstDataset() requires the images' channels and size, and no labels with uncond", () => {
  const config = presets.cifar10;
  checkAgainstDataset(config, { channels: 3, image_size: 32, classes: 10, images: 99 });
  throws(
    () => checkAgainstDataset(config, { channels: 1, image_size: 28, classes: 10, images: 99 }),
    (error) => error instanceof UsageError && error.problems.length === 2,
  );
});
