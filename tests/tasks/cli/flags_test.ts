import { deepStrictEqual as deepEqual, strictEqual as equal, throws } from "node:assert/strict";
import { z } from "zod";
import { configSchema } from "../../../train/config/config_schema.ts";
import { parseArguments, parseFlags } from "../../../tasks/cli/flags.ts";
import { UsageError } from "../../../train/config/usage_error.ts";

const own = z.strictObject({ help: z.boolean(), preset: z.enum(["quickstart", "cifar10"]) });

function parsed(...args: string[]): Record<string, unknown> {
  return Object.fromEntries(parseFlags(args, own, configSchema));
}

function problems(...args: string[]): readonly string[] {
  try {
    parseFlags(args, own, configSchema);
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
}

Deno.test("parseFlags() takes values after = and after a space", () => {
  deepEqual(parsed("--train.batch_size=64", "--nnet.depth", "8", "--nnet.num_classes", "-1"), {
    "train.batch_size": 64,
    "nnet.depth": 8,
    "nnet.num_classes": -1,
  });
});

Deno.test("parseFlags() takes bare booleans and leaves the next flag alone", () => {
  deepEqual(parsed("--nnet.conv", "--nnet.skip=false", "--qkv_bias", "false", "--help"), {
    "nnet.conv": true,
    "nnet.skip": false,
    "nnet.qkv_bias": false,
    help: true,
  });
  deepEqual(parsed("-h"), { help: true });
});

Deno.test("parseFlags() reads dashes in a name as underscores, and leaves values alone", () => {
  deepEqual(parsed("--batch-size=2", "--dataset.random-flip", "--path=my-images"), {
    "train.batch_size": 2,
    "dataset.random_flip": true,
    "dataset.path": "my-images",
  });
});

Deno.test("parseFlags() takes names without their group where only one field has them", () => {
  deepEqual(parsed("--scalelong=3", "--kappa=0.7", "--lr", "1e-3", "--betas=0.9,0.999"), {
    "nnet.scalelong": 3,
    "nnet.kappa": 0.7,
    "optimizer.lr": 1e-3,
    "optimizer.betas": [0.9, 0.999],
  });
});

Deno.test("parseFlags() takes null, and values that contain =", () => {
  deepEqual(parsed("--qk_scale=null", "--path=a=b", "--seed=2"), {
    "nnet.qk_scale": null,
    "dataset.path": "a=b",
    seed: 2,
  });
});

Deno.test("parseFlags() takes a short name for the field in the fewest groups", () => {
  const schema = z.strictObject({
    sample: z.strictObject({ n: z.int(), deep: z.strictObject({ n: z.int(), m: z.int() }) }),
  });
  const read = (...args: string[]) => Object.fromEntries(parseFlags(args, schema));
  deepEqual(read("--n=1", "--deep.n=2", "--m=3"), {
    "sample.n": 1,
    "sample.deep.n": 2,
    "sample.deep.m": 3,
  });
});

Deno.test("parseFlags() refuses a short name that several fields have, naming them", () => {
  deepEqual(problems("--name=adam"), [
    "--name: could be --optimizer.name, --lr_scheduler.name, --nnet.name, --dataset.name; " +
    "write the one you mean",
  ]);
});

Deno.test("parseFlags() refuses a misspelt flag with the nearest right one", () => {
  const meant = {
    "--train.batchsize=64": "--train.batch_size",
    "--nnet.batch_size": "--train.batch_size",
    "--optimiser.name=adam": "--optimizer.name",
    "--scalelnog": "--nnet.scalelong",
    "--hlep": "--help",
  };
  for (const [given, right] of Object.entries(meant)) {
    const name = given.split("=")[0];
    deepEqual(problems(given), [`${name}: there is no such flag; did you mean ${right}?`]);
  }
  deepEqual(problems("--zebra=1"), ["--zebra: there is no such flag; --help lists them all"]);
});

Deno.test("parseFlags() refuses a group, a word that is not a flag, a flag without a value", () => {
  deepEqual(problems("--lr_scheduler=cosine"), [
    "--lr_scheduler: is a group of settings; " +
    "set one of --lr_scheduler.name, --lr_scheduler.warmup_steps",
  ]);
  deepEqual(problems("scalelong=3"), [
    '"scalelong=3": settings are flags that start with --; did you mean --nnet.scalelong?',
  ]);
  deepEqual(problems("--kappa", "--seed=1"), [
    "--nnet.kappa: needs a value, a number above 0 and of at most 1",
  ]);
});

Deno.test("parseFlags() refuses an invalid value, naming what was expected and given", () => {
  deepEqual(
    problems("--batch_size=abc", "--scalelong=7", "--optimizer.name=adamm", "--nnet.conv=yes"),
    [
      '--train.batch_size: expected a whole number of at least 1, got "abc"',
      '--nnet.scalelong: expected 0, 1, 2, 3 or 4, got "7"',
      '--optimizer.name: expected adamw or adam, got "adamm"; did you mean adamw?',
      '--nnet.conv: expected true or false, got "yes"',
    ],
  );
  deepEqual(problems("--preset=cifar"), [
    '--preset: expected quickstart or cifar10, got "cifar"; did you mean cifar10?',
  ]);
});

Deno.test("parseFlags() refuses a flag that is given twice, also by its short name", () => {
  deepEqual(problems("--batch_size=8", "--nnet.conv", "--train.batch-size", "16", "--conv=false"), [
    "--train.batch_size: is given twice, 8 and 16; leave one out",
    "--nnet.conv: is given twice, true and false; leave one out",
  ]);
});

Deno.test("parseFlags() reports one line for an unknown flag followed by its value", () => {
  equal(problems("--zebra", "1", "--depht", "8").length, 2);
});

Deno.test("parseFlags() joins its problems to one message of a line each", () => {
  throws(() => parseFlags(["--a_flag=1", "--b_flag=2"], configSchema), (error) => {
    return error instanceof UsageError && error.name === "UsageError" &&
      error.message.split("\n").length === 2;
  });
});

Deno.test("parseArguments() gives the names without a flag, wherever they stand", () => {
  const { settings, positional } = parseArguments(
    ["a.npz", "--depth", "8", "b:c", "--conv", "--skip", "true", "d"],
    configSchema,
  );
  deepEqual(positional, ["a.npz", "b:c", "d"]);
  deepEqual(Object.fromEntries(settings), {
    "nnet.depth": 8,
    "nnet.conv": true,
    "nnet.skip": true,
  });
  throws(() => parseArguments(["a", "-x"], configSchema), UsageError);
  deepEqual(parseArguments(["a", "--", "-x", "--seed"], configSchema).positional, [
    "a",
    "-x",
    "--seed",
  ]);
});

Deno.test("parseFlags() takes lists of words", () => {
  const schema = z.strictObject({ metrics: z.array(z.enum(["fid", "kid"])) });
  const read = (text: string) => parseFlags([`--metrics=${text}`], schema).get("metrics");
  deepEqual(read("fid"), ["fid"]);
  deepEqual(read("kid,fid"), ["kid", "fid"]);
  throws(() => read("fid,fad"), /commas between, each fid or kid/);
});
