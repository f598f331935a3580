import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import type { Capabilities } from "../../../engine/capabilities.ts";
import type { DeviceOptions } from "../../../engine/device.ts";
import { grad } from "../../../engine/grad.ts";
import { layOut, type PlanSpec } from "../../../engine/plan/layout.ts";
import { input } from "../../../engine/leaves.ts";
import { linear } from "../../../engine/ops/linear.ts";
import { mean } from "../../../engine/ops/sum.ts";
import { square } from "../../../engine/ops/unary.ts";
import { compile } from "../../../engine/plan/compile.ts";
import { compareWithReference, type OperationExample } from "../../../engine/testing/example.ts";
import { Tuning, type TuningMemory } from "../../../engine/plan/tuning.ts";
import { openDevice } from "../../device.ts";

/** A memory of fixed contents, which records what it is asked to remember. */
class Notes implements TuningMemory {
  readonly given: ReadonlyMap<string, string>[] = [];
  readonly #known: ReadonlyMap<string, string>;

  constructor(known: ReadonlyMap<string, string> = new Map()) {
    this.#known = known;
  }

  recall(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(this.#known);
  }

  remember(_adapter: string, choices: ReadonlyMap<string, string>): Promise<void> {
    this.given.push(new Map(choices));
    return Promise.resolve();
  }
}

const open = (tuning?: TuningMemory, options: DeviceOptions = {}) =>
  openDevice({ adapterClass: "discrete", tuning, ...options });

/** A weight's gradient over many rows, and the product before it. */
function spec(): PlanSpec {
  const weight = input("weight", [70, 66]);
  const y = linear(input("x", [2053, 66]), weight);
  const [dw] = grad(mean(square(y)), [weight]);
  return { outputs: { dw } };
}

const example: OperationExample = {
  name: "weight gradient of 2053 rows",
  inputs: [{ shape: [2053, 66], dtype: "f32" }, { shape: [70, 66], dtype: "f32" }],
  differentiable: [1],
  build: ([x, weight]) => [linear(x, weight)],
};

const allNames = (capabilities: Capabilities) =>
  [...layOut(capabilities, spec()).undecided.values()].map(({ names }) => names);

Deno.test("a product's variants are timed once on a GPU, and no buffer stays", async () => {
  const notes = new Notes();
  using device = await open(notes);
  const { undecided } = layOut(device.capabilities, spec());
  deepEqual(allNames(device.capabilities), [["64", "128"], ["64 in 2", "64", "128", "128 in 2"]]);
  for (let i = 0; i < 2; i++) {
    using plan = await compile(device, spec());
    ok(plan.steps.length > 0);
    equal(notes.given.length, 1);
  }
  equal(device.bufferCount, 0);
  deepEqual([...notes.given[0].keys()], [...undecided.keys()]);
  for (const [key, name] of notes.given[0]) ok(undecided.get(key)!.names.includes(name));
});

Deno.test("variants are timed without the device's clock, too", async () => {
  const notes = new Notes();
  using device = await open(notes, { withoutTimestamps: true });
  using plan = await compile(device, spec());
  ok(plan.steps.length > 0);
  equal(notes.given[0].size, 2);
});

Deno.test("nothing is timed where it was not asked for, or on software", async () => {
  using gpu = await open();
  equal(gpu.tuning, null);
  const notes = new Notes();
  using software = await open(notes, { adapterClass: "software" });
  using plan = await compile(software, spec());
  ok(plan.steps.length > 0);
  for (const withoutSubgroups of [false, true]) {
    using device = await open(undefined, { adapterClass: "software", withoutSubgroups });
    deepEqual(allNames(device.capabilities), []);
  }
  equal(notes.given.length, 0);
});

Deno.test("a remembered variant is the plan's, and each agrees with float64", async () => {
  using plain = await open();
  const { undecided } = layOut(plain.capabilities, spec());
  const kernels = new Set<string>();
  for (const choice of ["64", "128", "64 in 2", "128 in 2"]) {
    const known = new Map(
      [...undecided].map(([key, { names }]) => [key, names.includes(choice) ? choice : names[0]]),
    );
    const notes = new Notes(known);
    using device = await open(notes);
    using plan = await compile(device, spec());
    equal(notes.given.length, 0);
    const products = plan.steps.filter(({ label }) => label.startsWith("linear"));
    kernels.add(JSON.stringify(products.map(({ label, workgroups }) => [label, workgroups])));
    const { error } = await compareWithReference(device, example);
    ok(error < 1e-5, `${choice}: ${error}`);
  }
  equal(kernels.size, 4);
});

Deno.test("an unknown remembered variant is timed again", async () => {
  using plain = await open();
  const [key] = layOut(plain.capabilities, spec()).undecided.keys();
  const notes = new Notes(new Map([[key, "256"]]));
  using device = await open(notes);
  using plan = await compile(device, spec());
  ok(plan.steps.length > 0);
  ok(["64", "128"].includes(notes.given[0].get(key)!));
});

Deno.test("Tuning.decide() chooses the fastest once, or the usual one within 5%", async () => {
  using device = await open();
  const { capabilities, info } = device;
  const { undecided } = layOut(capabilities, spec());
  const decide = async (times: readonly (number | null)[]): Promise<[string[], number]> => {
    const tuning = await Tuning.open(info, new Notes());
    let trials = 0;
    const timeOf = () => Promise.resolve(times[trials++]);
    await Promise.all([1, 2].map(() => tuning.decide(capabilities, undecided, timeOf)));
    return [[...tuning.choices.values()], trials];
  };
  deepEqual(await decide([9, 8, 9, 8, 7, 8]), [["128", "128"], 6]);
  deepEqual(await decide([9, 8.6, 9, 8.8, 8.7, 9]), [["64", "64 in 2"], 6]);
  deepEqual((await decide([9, null, 3, 4, 5, 2, 9, 8]))[0], ["128 in 2", "128"]);
});
