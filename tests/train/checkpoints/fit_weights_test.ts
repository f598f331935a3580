import { deepStrictEqual as deepEqual, match, ok, throws } from "node:assert/strict";
import {
  fitWeights,
  misfits,
  mustFit,
  prefixNote,
  type Shapes,
} from "../../../train/checkpoints/fit_weights.ts";
import { shapesOf } from "../../../train/checkpoints/network_shapes.ts";
import { type Changes, tinyConfig, tinyUnet } from "../../tiny_config.ts";

const shapes = (nnet: Changes["nnet"], train: Changes["train"] = {}) =>
  shapesOf(tinyConfig({ nnet, train }));
const base = shapes({});

function messageOf(found: Shapes, expected: Shapes): string {
  let message = "";
  throws(() => mustFit(fitWeights(found, expected), "w.pth"), (error: Error) => {
    message = error.message;
    return error.name === "WeightsError";
  });
  return message;
}

const behind = (prefix: string, shapes: Shapes): Shapes =>
  Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [prefix + key, shape]));

for (
  const prefix of [
    "",
    "module.",
    "_orig_mod.",
    "net.",
    "model.",
    "ema_model.",
    "module._orig_mod.",
    "model.module.diffusion_model.",
    "any.thing.0.",
  ]
) {
  Deno.test(`fitWeights() finds every key behind ${prefix || "no prefix"}, and says so`, () => {
    const fit = fitWeights(behind(prefix, base), base);
    mustFit(fit, "w.pth");
    deepEqual(fit.names, new Map(Object.keys(base).map((key) => [key, prefix + key])));
    deepEqual(
      prefixNote(fit, "w.pth"),
      prefix === "" ? [] : [`w.pth: took the prefix ${prefix} off its keys`],
    );
  });
}

Deno.test("mustFit() names keys behind a prefix as the file does", () => {
  const { pos_embed: _, ...rest } = base;
  const message = messageOf(behind("net._orig_mod.", { ...rest, extra: [2] }), base);
  match(message, /missing \(1\): pos_embed \[1,6,32\]\n.*\(1\): net\._orig_mod\.extra \[2\]$/);
  const unet = behind("module.", shapesOf(tinyUnet()));
  match(messageOf(unet, base), /the file fits nnet\.name=unet /);
});

Deno.test("fitWeights() takes nothing off where only some keys have a prefix", () => {
  ok(fitWeights({ ...base, "module.pos_embed": [1] }, base).unexpected.length === 1);
});

Deno.test("mustFit() lists missing, unexpected and misshapen keys in one error", () => {
  const { pos_embed: _, ...rest } = base;
  const message = messageOf({ ...rest, "norm.weight": [7], extra: [2, 3] }, base);
  const lines = message.split("\n");
  deepEqual(lines.slice(0, 4), [
    "w.pth: does not hold this network's weights:",
    "  missing (1): pos_embed [1,6,32]",
    "  unexpected (1): extra [2,3]",
    "  of another shape (1): norm.weight is [7], the network's is [32]",
  ]);
  match(messageOf({}, base), /missing \(\d+\): pos_embed \[1,6,32\], .* and \d+ more$/);
});

const hints: { what: string; found: Shapes; expected: Shapes; says: RegExp }[] = [
  {
    what: "qkv_bias that the file has",
    found: shapes({ qkv_bias: true }),
    expected: base,
    says: /^ {2}the file fits nnet\.qkv_bias=true$/m,
  },
  {
    what: "qkv_bias that the file lacks",
    found: base,
    expected: shapes({ qkv_bias: true }),
    says: /^ {2}the file fits nnet\.qkv_bias=false$/m,
  },
  {
    what: "an unconditional file",
    found: shapes({ num_classes: -1 }),
    expected: base,
    says: /^ {2}the file fits nnet\.num_classes=-1 train\.mode=uncond$/m,
  },
  {
    what: "a conditional file",
    found: base,
    expected: shapes({ num_classes: -1 }),
    says: /^ {2}the file fits nnet\.num_classes=17 train\.mode=cond$/m,
  },
  {
    what: "a file of texts",
    found: shapes({ clip_dim: 24, num_classes: -1 }),
    expected: base,
    says: /^ {2}the file fits nnet\.num_classes=-1 nnet\.clip_dim=24 nnet\.num_clip_token=77$/m,
  },
  {
    what: "a file of texts of another length",
    found: shapes({ clip_dim: 24, num_clip_token: 9, num_classes: -1 }),
    expected: shapes({ num_classes: -1 }),
    says:
      /fits nnet\.clip_dim=24 train\.mode=cond; set .* so that 1 \+ num_clip_token \+ \(img_size \/ 4\)\^2 = 14$/m,
  },
  {
    what: "a file without the texts of the network",
    found: base,
    expected: shapes({ clip_dim: 24, num_classes: -1 }),
    says: /^ {2}the file fits nnet\.num_classes=17 nnet\.clip_dim=null$/m,
  },
  {
    what: "a gate that the network lacks",
    found: shapes({ scalelong: 4 }),
    expected: base,
    says: /^ {2}the file fits nnet\.scalelong=4$/m,
  },
  {
    what: "a gate that the file lacks",
    found: base,
    expected: shapes({ scalelong: 3 }),
    says: /^ {2}the file fits nnet\.scalelong=0 \(or 1, 2\)$/m,
  },
  {
    what: "another network",
    found: shapesOf(tinyUnet()),
    expected: base,
    says: /^ {2}the file fits nnet\.name=unet nnet\.ch=32 nnet\.ch_mult=1,1 /m,
  },
  {
    what: "levels that a UNet lacks",
    found: shapesOf(tinyUnet({ nnet: { ch_mult: [1, 2, 1] } })),
    expected: shapesOf(tinyUnet()),
    says: /^ {2}the file fits nnet\.ch_mult=1,2,1$/m,
  },
  {
    what: "the tokens that an LS gate belongs to",
    found: shapes({ scalelong: 3, img_size: 16 }),
    expected: shapes({ scalelong: 3 }),
    says: /^ {2}the gate of LS belongs to L = 18 tokens, and this network has L = 6: /m,
  },
  {
    what: "the tokens of gates that are not shared",
    found: shapes({ scalelong: 4 }),
    expected: shapes({ scalelong: 4, num_classes: -1 }),
    says: /^ {2}the gate of LS belongs to L = 6 tokens, and this network has L = 5: /m,
  },
];

for (const { what, found, expected, says } of hints) {
  Deno.test(`mustFit() names ${what}`, () => match(messageOf(found, expected), says));
}

Deno.test("misfits() is empty where everything fits", () => {
  deepEqual(misfits(fitWeights(base, base)), []);
});
