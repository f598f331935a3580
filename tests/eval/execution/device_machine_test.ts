import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  ok,
  rejects,
  strictEqual as equal,
  throws,
} from "node:assert/strict";
import { add, affine, type Device, div, mul, reshape, sub } from "../../../engine/mod.ts";
import { DeviceMachine } from "../../../eval/execution/device_machine.ts";
import type { DeviceMachineOptions } from "../../../eval/execution/machine_options.ts";
import { Float64Machine } from "../float64_machine.ts";
import { vpDiscrete } from "../../../train/diffusion/vp_discrete.ts";
import { type TargetName, TARGETS } from "../../../train/diffusion/targets.ts";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";
import type { Clipping } from "../../../eval/clipping.ts";
import type { SamplerSettings } from "../../../eval/samplers/sampler_entry.ts";
import { chooseMethod } from "../../../eval/samplers/choose_method.ts";
import { heun } from "../../../eval/samplers/heun.ts";
import {
  conversion,
  programMethod,
  type SamplerMethod,
  type SamplerStep,
} from "../../../eval/samplers/program.ts";
import type { Network } from "../../../eval/trained_network.ts";
import { openDevice } from "../../device.ts";
import { distance } from "../../golden.ts";
import { closedForm, closedFormNetwork } from "../closed_form.ts";

const schedule = vpLinear();
const SHAPE = [2, 1, 3, 5];
const START = Float32Array.from({ length: 30 }, (_, i) => 1.5 * Math.sin(2.1 * i));
const UNGUIDED = { scale: 0, interval: [0, 1] } as const;

function method(settings: Partial<SamplerSettings>): SamplerMethod {
  const open = { variant: null, order: null, grid: null, eta: null, t_end: null };
  return chooseMethod(schedule, { sampler: "dpm_solver", steps: 7, ...open, ...settings });
}

async function onDevice(
  device: Device,
  options: Partial<DeviceMachineOptions> & { method: SamplerMethod },
  labels?: Int32Array,
): Promise<Float32Array> {
  using machine = new DeviceMachine(device, {
    shape: SHAPE,
    network: closedFormNetwork(schedule),
    schedule,
    guidance: UNGUIDED,
    limit: "none",
    ...options,
  });
  await machine.begin({ seed: 1, first: 0, x: START, ...(labels ? { labels } : {}) });
  await options.method.run(machine);
  return await machine.read();
}

async function onHost(
  method: SamplerMethod,
  limit: Clipping = "none",
  noiseModel = closedForm,
): Promise<Float64Array> {
  const { prediction } = method;
  const given = { schedule, prediction, noiseModel, x: START, images: 2, limit };
  const machine = new Float64Machine(given);
  await method.run(machine);
  return machine.x;
}

Deno.test("DeviceMachine carries every kind of sampler out as float64 does", async () => {
  using device = await openDevice();
  const cases: [Partial<SamplerSettings>, Clipping, number][] = [
    [{ sampler: "dpm_solver" }, "none", 1e-5],
    [{ sampler: "dpm_solver", variant: "adaptive" }, "none", 1e-3],
    [{ sampler: "dpm_solver_pp", order: 3 }, "none", 1e-5],
    [{ sampler: "dpm_solver_pp", variant: "fast" }, "threshold", 1e-5],
    [{ sampler: "ddim" }, "threshold", 1e-5],
    [{ sampler: "heun" }, "none", 1e-5],
    [{ sampler: "euler_maruyama_ode" }, "clip", 1e-5],
  ];
  for (const [settings, limit, tolerance] of cases) {
    const chosen = method(settings);
    const expected = await onHost(chosen, limit);
    const error = distance(await onDevice(device, { method: chosen, limit }), expected);
    ok(error < tolerance, `${JSON.stringify(settings)} ${limit}: ${error}`);
  }
});

Deno.test("DeviceMachine asks a network that predicts the image instead of the noise", async () => {
  using device = await openDevice();
  const chosen = method({ sampler: "heun", steps: 4 });
  const toNoise = closedFormNetwork(schedule);
  const network: Network = {
    predicts: "data",
    conditioning: { kind: "none" },
    predict(x, timesteps) {
      // Some image that can be computed from the noise: sigma and alpha are no graph here.
      const t = reshape(affine(timesteps, 1 / 999), [-1, 1, 1, 1]);
      return div(
        add(x, affine(mul(affine(t, 0.5), toNoise.predict(x, timesteps)), -1)),
        affine(t, -0.5, 1),
      );
    },
  };
  const data = (x: Float64Array, times: readonly number[]) => {
    const noise = closedForm(x, times);
    return x.map((v, i) => {
      const t = times[Math.floor(i * times.length / x.length)];
      const image = (v - 0.5 * t * noise[i]) / (1 - 0.5 * t);
      const factors = conversion(schedule, t, { from: "data", to: "noise" });
      return factors.x * v + factors.model * image;
    });
  };
  const error = distance(
    await onDevice(device, { method: chosen, network }),
    await onHost(chosen, "none", data),
  );
  ok(error < 1e-4, `${error}`);
});

Deno.test("DeviceMachine draws the same images whatever the network predicts", async () => {
  using device = await openDevice();
  const noiseOf = closedFormNetwork(schedule).predict;
  const networkOf = (predicts: TargetName): Network => ({
    predicts,
    conditioning: { kind: "none" },
    predict(x, timesteps) {
      const noise = noiseOf(x, timesteps);
      const { alpha, sigma } = schedule.factors(affine(timesteps, 1 / 999));
      const x0 = div(sub(x, mul(sigma, noise)), alpha);
      return TARGETS[predicts].of({ x0, noise, alpha, sigma });
    },
  });
  const cases = [["heun", "none"], ["heun", "clip"], ["dpm_solver_pp", "none"]] as const;
  for (const [sampler, limit] of cases) {
    const chosen = method({ sampler });
    const expected = await onHost(chosen, limit);
    for (const predicts of Object.keys(TARGETS) as TargetName[]) {
      const network = networkOf(predicts);
      const error = distance(await onDevice(device, { method: chosen, network, limit }), expected);
      ok(error < 1e-4, `${sampler}, ${limit}, ${predicts}: ${error}`);
    }
  }
});

Deno.test("DeviceMachine guides by cond + scale (cond - uncond), within the interval only", async () => {
  using device = await openDevice();
  const network = closedFormNetwork(schedule, true);
  const labels = Int32Array.of(3, 7);
  const chosen = method({ sampler: "ddim", grid: "uniform", steps: 6 });
  for (const [scale, from, to] of [[0, 0, 1], [1.5, 0, 1], [1.5, 0.3, 0.7], [2, 0.9, 0.95]]) {
    const guided = (x: Float64Array, times: readonly number[]) => {
      const inside = from <= times[0] && times[0] <= to;
      const strength = 1 + (inside ? scale : 0);
      return closedForm(x, times).map((e, i) => e + strength * (labels[i < 15 ? 0 : 1] - 9) / 10);
    };
    const guidance = { scale, interval: [from, to] as const };
    const error = distance(
      await onDevice(device, { method: chosen, network, guidance }, labels),
      await onHost(chosen, "none", guided),
    );
    ok(error < 1e-5, `scale ${scale} from ${from} to ${to}: ${error}`);
  }
});

Deno.test("DeviceMachine makes one submit per step and reads nothing back before it is asked", async () => {
  using device = await openDevice();
  const chosen = method({ steps: 9 });
  using machine = new DeviceMachine(device, {
    shape: SHAPE,
    network: closedFormNetwork(schedule),
    schedule,
    method: chosen,
    guidance: UNGUIDED,
    limit: "none",
  });
  await machine.begin({ seed: 1, first: 0 });
  await chosen.run(machine);
  const { queue } = device.gpu;
  const [submit, read] = [queue.submit, device.read];
  let [submits, reads] = [0, 0];
  queue.submit = function (buffers) {
    // A wait makes an empty one, so that what was written leaves the host.
    if ([...buffers].length > 0) submits++;
    submit.call(this, buffers);
  };
  device.read = function (...args) {
    reads++;
    return read.apply(this, args);
  };
  await machine.begin({ seed: 2, first: 0 });
  await chosen.run(machine);
  deepEqual([submits, reads], [1 + 9, 0]);
  await machine.read();
  deepEqual([submits, reads], [1 + 9 + 1, 1]);
});

Deno.test("DeviceMachine draws noise by seed, image and step, whatever the batch", async () => {
  using device = await openDevice();
  const chosen = method({ sampler: "ddpm", steps: 4 });
  const size = 15;
  const draw = async (images: number, first: number, seed: number) => {
    using machine = new DeviceMachine(device, {
      shape: [images, 1, 3, 5],
      network: closedFormNetwork(schedule),
      schedule,
      method: chosen,
      guidance: UNGUIDED,
      limit: "none",
    });
    await machine.begin({ seed, first });
    const start = await machine.read();
    await chosen.run(machine);
    return [start, await machine.read()];
  };
  const three = await draw(3, 4, 5);
  const one = await draw(1, 6, 5);
  const part = three.map((x) => x.slice(2 * size));
  part.forEach((x, i) => ok(distance(one[i], x) < 1e-6));
  notDeepEqual(three[1].slice(0, size), three[1].slice(size, 2 * size));
  for (const seed of [6, 5 + 2 ** 32]) notDeepEqual((await draw(1, 6, seed))[0], one[0]);
});

Deno.test("DeviceMachine draws new noise at every step, and slots begin as zeros", async () => {
  using device = await openDevice();
  const shape = [1, 1, 32, 32];
  const input = {};
  const run = async (...updates: SamplerStep["update"][]) => {
    const steps = updates.map((update) => ({ t: null, input, update }));
    const chosen = programMethod({ prediction: "noise", steps });
    using machine = new DeviceMachine(device, {
      shape,
      network: closedFormNetwork(schedule),
      schedule,
      method: chosen,
      guidance: UNGUIDED,
      limit: "none",
    });
    await machine.begin({ seed: 1, first: 0 });
    await chosen.run(machine);
    return await machine.read();
  };
  const difference = await run({ a: { noise: 1 } }, { x: { noise: 1, a: -1 } });
  const variance = difference.reduce((sum, v) => sum + v * v, 0) / difference.length;
  ok(Math.abs(variance - 2) < 0.3, `${variance}`);
  ok((await run({ a: { a: 1 }, x: { a: 1 } })).every((v) => v === 0));
});

Deno.test("DeviceMachine begins anew, whatever was before", async () => {
  using device = await openDevice();
  const chosen = method({ sampler: "dpm_solver_pp", order: 2, steps: 3 });
  using machine = new DeviceMachine(device, {
    shape: SHAPE,
    network: closedFormNetwork(schedule),
    schedule,
    method: chosen,
    guidance: UNGUIDED,
    limit: "none",
  });
  await machine.begin({ seed: 1, first: 0, x: new Float32Array(30).fill(NaN) });
  await chosen.run(machine);
  ok((await machine.read()).every(Number.isNaN));
  await machine.begin({ seed: 1, first: 0 });
  await chosen.run(machine);
  ok((await machine.read()).every(Number.isFinite));
});

Deno.test("DeviceMachine times the kernels of a step, which it carries out", async () => {
  using device = await openDevice();
  if (!device.gpu.features.has("timestamp-query")) return;
  const chosen = method({ sampler: "ddim", steps: 2 });
  using machine = new DeviceMachine(device, {
    shape: SHAPE,
    network: closedFormNetwork(schedule),
    schedule,
    method: chosen,
    guidance: UNGUIDED,
    limit: "none",
  });
  await machine.begin({ seed: 1, first: 0, x: START });
  const kernels = await machine.profile(chosen.forms[0]);
  ok(kernels.length > 0 && kernels.every(({ milliseconds }) => milliseconds >= 0));
  await machine.run(chosen.forms[1]);
  ok(distance(await machine.read(), await onHost(chosen)) < 1e-5);
});

Deno.test("DeviceMachine refuses steps of a form it was not made for", async () => {
  using device = await openDevice();
  const chosen = programMethod(heun(schedule, [1, 0.5], { euler_last: true }));
  using machine = new DeviceMachine(device, {
    shape: SHAPE,
    network: closedFormNetwork(schedule),
    schedule,
    method: chosen,
    guidance: UNGUIDED,
    limit: "none",
  });
  await machine.begin({ seed: 1, first: 0 });
  await rejects(machine.run({ t: 0.5, input: { x: 1 }, update: { x: { first: 1 } } }), {
    name: "TypeError",
    message: 'a step has "x of first", its forms do not',
  });
});

Deno.test("DeviceMachine passes the schedule's timesteps to the network, and frees all memory", async () => {
  using device = await openDevice();
  const before = [device.bufferBytes, device.bufferCount];
  const discrete = vpDiscrete(new Float64Array(50).fill(0.05), "fifty");
  const network: Network = {
    predicts: "noise",
    conditioning: { kind: "none" },
    predict: (x, timesteps) => add(affine(x, 0), reshape(timesteps, [-1, 1, 1, 1])),
  };
  const step = { t: 0.5, input: { x: 1 }, update: { x: { model: 1 } } };
  const chosen = programMethod({ prediction: "noise", steps: [step] });
  equal((await onDevice(device, { method: chosen, network, schedule: discrete }))[0], 25);
  deepEqual([device.bufferBytes, device.bufferCount], before);
});

Deno.test("a DeviceMachine that cannot be made leaves no device memory", async () => {
  using device = await openDevice();
  const { createBuffer } = device;
  let made = 0;
  device.createBuffer = function (...args) {
    // The slot of the images is there before another is refused.
    if (made++ === 1) throw new Error("refused");
    return createBuffer.apply(this, args);
  };
  const options = {
    shape: SHAPE,
    network: closedFormNetwork(schedule),
    schedule,
    method: method({}),
    guidance: UNGUIDED,
    limit: "none",
  } as const;
  throws(() => new DeviceMachine(device, options), /refused/);
  deepEqual([made, device.bufferCount, device.bufferBytes], [2, 0, 0]);
});
