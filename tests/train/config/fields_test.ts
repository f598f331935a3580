import { deepStrictEqual as deepEqual, strictEqual as equal, throws } from "node:assert/strict";
import { z } from "zod";
import { configSchema } from "../../../train/config/config_schema.ts";
import { applies, fieldsOf, flatten, nest } from "../../../train/config/fields.ts";
import { presets } from "../../../train/config/presets.ts";

const schema = z.strictObject({
  seed: z.int().min(0).describe("start"),
  group: z.strictObject({
    rate: z.number().gt(0).max(1),
    word: z.string().min(1).nullable(),
    pair: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]),
    kind: z.enum(["a", "b"]),
    on: z.boolean(),
    count: z.union([z.literal(-1), z.int().min(1)]),
    scale: z.number().gt(0).nullable(),
    numbers: z.array(z.int().min(0)).min(1).nullable(),
    choice: z.enum(["a", "b"]).nullable(),
  }).describe("things"),
});

Deno.test("fieldsOf() describes in prose the values of each field", () => {
  deepEqual(fieldsOf(schema).map(({ path, expects }) => [path, expects]), [
    ["seed", "a whole number of at least 0"],
    ["group.rate", "a number above 0 and of at most 1"],
    ["group.word", "a text that is not empty or null"],
    ["group.pair", "2 values with commas between, each a number of at least 0 and below 1"],
    ["group.kind", "a or b"],
    ["group.on", "true or false"],
    ["group.count", "-1 or a whole number of at least 1"],
    ["group.scale", "a number above 0 or null"],
    ["group.numbers", "values with commas between, each a whole number of at least 0 or null"],
    ["group.choice", "a or b or null"],
  ]);
});

Deno.test("fieldsOf() reads a flag's text as the field's type", () => {
  const read = (path: string, text: string) =>
    fieldsOf(schema).find((field) => field.path === path)?.read(text);
  equal(read("seed", "7"), 7);
  equal(read("seed", "7.5"), undefined);
  equal(read("seed", ""), undefined);
  equal(read("group.rate", "1e-3"), 1e-3);
  equal(read("group.rate", "0"), undefined);
  equal(read("group.rate", "Infinity"), undefined);
  equal(read("group.word", "8"), "8");
  equal(read("group.word", "true"), "true");
  equal(read("group.word", "null"), null);
  deepEqual(read("group.pair", "0.9,0.999"), [0.9, 0.999]);
  deepEqual(read("group.pair", "[0.9, 0.999]"), [0.9, 0.999]);
  equal(read("group.pair", "0.9"), undefined);
  equal(read("group.pair", "0.9,1"), undefined);
  equal(read("group.kind", "b"), "b");
  equal(read("group.kind", "c"), undefined);
  equal(read("group.on", "false"), false);
  equal(read("group.count", "-1"), -1);
  equal(read("group.count", "0"), undefined);
  equal(read("group.scale", "null"), null);
  deepEqual(read("group.numbers", "3"), [3]);
  deepEqual(read("group.numbers", "0,3"), [0, 3]);
  equal(read("group.numbers", "0,cat"), undefined);
});

const kinds = z.strictObject({
  net: z.discriminatedUnion("name", [
    z.strictObject({ name: z.literal("a").describe("which"), size: schema.shape.seed }),
    z.strictObject({
      name: z.literal("b").describe("which"),
      size: schema.shape.seed,
      words: z.array(z.int()),
    }),
  ]).describe("a net"),
});

Deno.test("fieldsOf() gives the fields of all kinds of a group, and the kinds that have them", () => {
  const fields = fieldsOf(kinds);
  const when = "net.name";
  deepEqual(fields.map(({ path, only }) => [path, only]), [
    ["net.name", null],
    ["net.size", { when, is: ["a", "b"] }],
    ["net.words", { when, is: ["b"] }],
  ]);
  const [name, size, words] = fields;
  deepEqual([name.choices, name.description, name.group_description], [
    ["a", "b"],
    "which",
    "a net",
  ]);
  equal(name.read("c"), undefined);
  deepEqual([words.read("[]"), words.read("3"), words.read("3,4")], [[], [3], [3, 4]]);
  deepEqual([applies(size, new Map()), applies(name, new Map())], [false, true]);
  deepEqual([applies(words, new Map([[when, "a"]])), applies(words, new Map([[when, "b"]]))], [
    false,
    true,
  ]);
});

Deno.test("fieldsOf() rejects a field that differs between kinds", () => {
  const differing = z.strictObject({
    net: z.discriminatedUnion("name", [
      z.strictObject({ name: z.literal("a"), size: z.int() }),
      z.strictObject({ name: z.literal("b"), size: z.string() }),
    ]),
  });
  throws(() => fieldsOf(differing), { message: "fieldsOf: net.size has several schemas" });
});

Deno.test("fieldsOf() describes every field and group of the configuration", () => {
  for (const field of fieldsOf(configSchema)) {
    equal(field.description.length > 0, true, field.path);
    equal(field.group === "" || field.group_description.length > 0, true, field.path);
  }
});

Deno.test("fieldsOf() rejects a schema without fields", () => {
  throws(() => fieldsOf(z.string()), TypeError);
});

Deno.test("flatten() and nest() are each other's inverse", () => {
  const fields = fieldsOf(configSchema);
  for (const config of Object.values(presets)) deepEqual(nest(flatten(config, fields)), config);
});
