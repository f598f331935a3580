import type {
  SqueezeExcitationBackwardAttrs,
  SqueezeExcitationSizes,
} from "../ops/squeeze_excitation.ts";
import { binderOf, type BoundMemory } from "./bound_memory.ts";
import { emitByElement } from "./by_element.ts";
import {
  declareBindings,
  type Emitter,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
  type Ref,
} from "./dispatch.ts";
import { laneReductions, rowType, treeReductions } from "./rows.ts";

/** Emits the operation's gated inputs and its tape; memory is given as the operation has it. */
export function emitSqueezeExcitation(
  emitter: Emitter,
  inputs: readonly Ref[],
  outputs: readonly Ref[],
  sizes: SqueezeExcitationSizes,
): void {
  const { count, areas } = sizes;
  const { read, write } = binderOf(emitter.capabilities);
  const shared = inputs.slice(count).map((ref, i) => read(`weights${i}`, ref, "f32"));
  const [weight1, bias1, weight2, bias2] = shared;
  emitPass(emitter, sizes, {
    label: "squeeze_excitation",
    shared: [write("tape", outputs[count], "f32"), ...shared],
    input(n, name) {
      const type = rowType(areas[n]);
      const x = read(`x${name}`, inputs[n], type);
      const y = write(`y${name}`, outputs[n], type);
      return {
        memory: [x, y],
        term: (c) => product(x, x.load(c), `${type}(1.0)`),
        result: (c) => y.store(c, `${x.load(c)} * tape[start + width + row]`),
      };
    },
    rowValue: "all * scale",
    hiddenTerm: `${weight1.load("row * width + c")} * tape[start + c]`,
    hiddenValue: `max(all + ${bias1.load("row")}, 0.0)`,
    gateTerm: `${weight2.load("row * hidden + h")} * tape[start + 2u * width + h]`,
    gateValue: `1.0 / (1.0 + exp(-all - ${bias2.load("row")}))`,
  });
}

/** Emits the inputs' gradients and the deltas; memory is given as the backward operation has it. */
export function emitSqueezeExcitationBackward(
  emitter: Emitter,
  inputs: readonly Ref[],
  outputs: readonly Ref[],
  sizes: SqueezeExcitationSizes,
  { windows }: SqueezeExcitationBackwardAttrs,
): void {
  const { count, areas } = sizes;
  const { read, write } = binderOf(emitter.capabilities);
  const shared = inputs.slice(count, count + 3).map((ref, i) => read(`weights${i}`, ref, "f32"));
  const [weight1, weight2, { name: forward }] = shared;
  const gate = `${forward}[start + width + row]`;
  emitPass(emitter, sizes, {
    label: "squeeze_excitation_backward",
    shared: [write("tape", outputs[count], "f32"), ...shared],
    windows,
    input(n, name) {
      const type = rowType(areas[n]);
      const x = read(`x${name}`, inputs[n], type);
      const grad = read(`grad${name}`, inputs[count + 3 + n], type);
      const dx = write(`dx${name}`, outputs[n], type);
      return {
        memory: [x, grad, dx],
        term: (c, w) => product(x, x.load(c), grad.load(w)),
        result: (c, w) => dx.store(c, `${grad.load(w)} * ${gate} + tape[start + width + row]`),
      };
    },
    rowValue: `all * ${gate} * (1.0 - ${gate})`,
    hiddenTerm: `${weight2.load("c * hidden + row")} * tape[start + c]`,
    hiddenValue: `select(0.0, all, ${forward}[start + 2u * width + row] > 0.0)`,
    gateTerm: `${weight1.load("h * width + row")} * tape[start + 2u * width + h]`,
    gateValue: "all * scale",
  });
}

/** WGSL of the product of what memory holds at a place, of vectors the inner one. */
function product({ per }: BoundMemory, a: string, b: string): string {
  return per === 4 ? `dot(${a}, ${b})` : `${a} * ${b}`;
}

/** What of an input a pass binds and computes. */
interface PassInput {
  /** Its memory. */
  readonly memory: readonly BoundMemory[];
  /** WGSL of what is summed over a row, at a load of the input and of its window. */
  readonly term: (at: string, windowed: string) => string;
  /** A statement that stores a result there. */
  readonly result: (at: string, windowed: string) => string;
}

/**
 * A pass through the layers, forward or backward: rows are summed, a value of each goes to the first
 * part of the sample's tape; from these come those of the hidden layer, in its last part, and from
 * them a value for each row, in the part between; with it the rows' results are computed.
 *
 * In WGSL, `all` is a sum, `start` where the sample's tape does, and `scale` 1 over a row's elements.
 */
interface Pass {
  readonly label: string;
  /** Memory of all inputs: the pass's own tape, and what it reads. */
  readonly shared: readonly BoundMemory[];
  /** Where the rows are within what is read through a window. */
  readonly windows?: SqueezeExcitationBackwardAttrs["windows"];
  /** Input `n`, with `name` after the names of its memory. */
  readonly input: (n: number, name: number) => PassInput;
  readonly rowValue: string;
  /** What is summed over `c` below the width for a unit `row` of the hidden layer. */
  readonly hiddenTerm: string;
  readonly hiddenValue: string;
  /** What is summed over the units `h` of the hidden layer for a `row`. */
  readonly gateTerm: string;
  readonly gateValue: string;
}

/**
 * Emits a pass: a workgroup per sample and input, for as many inputs at once as the adapter binds.
 * Sizes are uniforms: a software adapter would take long to compile a pipeline for each of a UNet's.
 */
function emitPass(
  emitter: Emitter,
  { count, batch, width, hidden, areas }: SqueezeExcitationSizes,
  pass: Pass,
): void {
  const { capabilities } = emitter;
  const software = capabilities.adapterClass === "software";
  // In a workgroup of several subgroups, which lanes share one is the driver's choice.
  const isSubgroup = software && capabilities.subgroupSize > 0;
  const { lanes, prelude } = isSubgroup
    ? laneReductions(capabilities)
    : treeReductions(software ? 64 : 256, 32);
  const team = isSubgroup ? lanes : 32;
  const teams = lanes / team;
  const [number, member] = teams > 1 ? [`lane / ${team}u`, `lane % ${team}u`] : ["0u", "lane"];
  // Not unrolled: there are as many loops as inputs, and a driver would compile them for seconds.
  const each = (columns: string, statement: string) =>
    `for (var c = ${member}; c < ${columns}; c += ${team}u) { ${statement} }`;
  /** A value for each row below `rows`; every lane takes every turn, so that all meet in the sums. */
  const sums = (rows: string, part: string, loop: string, value: string) => `
  for (var turn = 0u; turn < ${rows}; turn += ${teams}u) {
    let row = min(turn + ${number}, ${rows} - 1u);
    var total = 0.0;
    ${loop}
    let all = lanes_sum(total, lane);
    if (${member} == 0u && turn + ${number} < ${rows}) { tape[${part} + row] = ${value}; }
  }`;
  const at = "(sample * width + row) * size.x + c";
  const windowed = "sample * size.z + size.y + row * size.x + c";
  const most = (capabilities.maxStorageBuffers - pass.shared.length) /
    pass.input(0, 0).memory.length;
  const atOnce = Math.max(1, Math.floor(most));
  for (let first = 0; first < count; first += atOnce) {
    const numbers = [...areas.keys()].slice(first, first + atOnce);
    const inputs = numbers.map((n, i) => pass.input(n, i));
    const memory = [...pass.shared, ...inputs.flatMap((input) => input.memory)];
    const uniforms = Uint32Array.of(batch, first, width, hidden, ...Array(4 * inputs.length));
    numbers.forEach((n, i) => {
      const columns = areas[n] / inputs[i].memory[0].per;
      const { first = 0, channels = width } = pass.windows?.[n] ?? {};
      uniforms.set([columns, first * columns, channels * columns], 4 + 4 * i);
      new Float32Array(uniforms.buffer)[7 + 4 * i] = 1 / areas[n];
    });
    const ofEach = (text: (input: PassInput) => string) =>
      `switch (part) {${
        inputs.map((input, i) => `
  ${i === 0 ? "default" : `case ${i}u`}: { ${text(input)} }`).join("")
      }
  }`;
    emitter.emit({
      label: pass.label,
      code: `${declareBindings(memory)}
@group(0) @binding(${memory.length}) var<uniform> p: array<vec4u, ${inputs.length + 1}>;
${prelude}
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let batch = p[0].x;
  let part = ${GROUP_INDEX} / batch;
  let sample = ${GROUP_INDEX} % batch;
  if (part >= ${inputs.length}u) { return; }
  let width = p[0].z;
  let hidden = p[0].w;
  let size = p[part + 1u];
  let scale = bitcast<f32>(size.w);
  let start = ((p[0].y + part) * batch + sample) * (2u * width + hidden);
  ${
        ofEach(({ term }) =>
          sums(
            "width",
            "start",
            each("size.x", `total += ${term(at, windowed)};`),
            pass.rowValue,
          )
        )
      }
  storageBarrier();
  ${
        sums(
          "hidden",
          "start + 2u * width",
          each("width", `total += ${pass.hiddenTerm};`),
          pass.hiddenValue,
        )
      }
  storageBarrier();
  for (var row = lane; row < width; row += ${lanes}u) {
    var all = 0.0;
    for (var h = 0u; h < hidden; h++) { all += ${pass.gateTerm}; }
    tape[start + width + row] = ${pass.gateValue};
  }
  storageBarrier();
  ${
        ofEach(({ result }) => `
  for (var row = ${number}; row < width; row += ${teams}u) { ${
          each("size.x", result(at, windowed))
        } }`)
      }
}`,
      bindings: memory,
      uniforms,
      workgroups: gridOf(batch * inputs.length, capabilities),
      flops: numbers.reduce((sum, n) => sum + 4 * batch * width * (areas[n] + hidden), 0),
    });
  }
}

/** Emits the gradients of weight and bias of the first layer, then of the second, from both tapes. */
export function emitSqueezeExcitationWeightGrad(
  emitter: Emitter,
  reads: readonly Ref[],
  gradients: readonly Ref[],
  { width, hidden }: Pick<SqueezeExcitationSizes, "width" | "hidden">,
): void {
  const length = 2 * width + hidden;
  const both = width * hidden;
  const names = ["tape", "deltas", "weight1", "bias1", "weight2", "bias2"];
  // Of both weights, then of both biases; partial sums are short, since long ones lose precision.
  emitByElement(emitter, {
    label: "squeeze_excitation_weight_grad",
    count: 2 * both + width + hidden,
    declarations: declareBindings(names.map((name, i) => ({
      name,
      type: "f32",
      access: i < 2 ? "read" : "read_write",
    }))),
    reads,
    outs: gradients,
    body: `let kind = min(i / ${both}u, 2u);
    let k = i - kind * ${both}u;
    var delta = select(k + ${width}u, k, k < ${width}u);
    var factor = 0u;
    if (kind == 0u) { delta = ${2 * width}u + k / ${width}u; factor = k % ${width}u; }
    if (kind == 1u) { delta = k / ${hidden}u; factor = ${2 * width}u + k % ${hidden}u; }
    var total = 0.0;
    for (var r = 0u; r < arrayLength(&tape); r += ${8 * length}u) {
      var part = 0.0;
      for (var at = r; at < min(r + ${8 * length}u, arrayLength(&tape)); at += ${length}u) {
        part += deltas[at + delta] * select(tape[at + factor], 1.0, kind == 2u);
      }
      total += part;
    }
    if (kind == 0u) { weight1[k] = total; }
    else if (kind == 1u) { weight2[k] = total; }
    else if (k < ${width}u) { bias2[k] = total; }
    else { bias1[k - ${width}u] = total; }`,
  });
}
