import { ok, rejects } from "node:assert/strict";
import { State } from "../../../engine/mod.ts";
import { DeviceMachine } from "../../../eval/execution/device_machine.ts";
import { chooseMethod } from "../../../eval/samplers/choose_method.ts";
import { trainedNetwork } from "../../../eval/trained_network.ts";
import { DEFAULT_PROCESS, type ProcessConfig } from "../../../train/diffusion/process_config.ts";
import { processOf } from "../../../train/diffusion/process.ts";
import { openDevice } from "../../device.ts";
import { distance, goldenNnet, readGolden } from "../../golden.ts";

const process: ProcessConfig = {
  ...DEFAULT_PROCESS,
  schedule: "vp_discrete",
  beta_spacing: "scaled_linear",
  beta_first: 0.00085,
  beta_last: 0.012,
};

Deno.test("DeviceMachine draws the reference's latents of texts, guided by the empty text", async () => {
  using device = await openDevice();
  const file = await readGolden("t2i_sample_scalelong3");
  const weights = await readGolden(file.metadata.nnet);
  const params = weights.group("param.");
  const shapes = Object.entries(params).map(([name, { shape }]) => [name, shape]);
  using state = new State(device, Object.fromEntries(shapes), "weights");
  for (const [name, { data }] of Object.entries(params)) state.write(name, data);
  const { schedule } = processOf(process);
  const method = chooseMethod(schedule, {
    sampler: "dpm_solver_pp",
    steps: Number(file.metadata.steps),
    variant: "fast",
    order: 3,
    grid: "uniform",
    eta: null,
    t_end: 1e-3,
  });
  using machine = new DeviceMachine(device, {
    shape: file.f32("z_init").shape,
    network: trainedNetwork(state, { nnet: goldenNnet(weights.metadata), process }),
    schedule,
    method,
    guidance: { scale: Number(file.metadata.scale), interval: [0, 1] },
    limit: "none",
  });
  const [x, context, empty] = ["z_init", "context", "empty_context"].map((n) => file.f32(n).data);
  await machine.begin({ seed: 0, first: 0, x, context, none: { context: empty } });
  await method.run(machine);
  const error = distance(await machine.read(), file.f32("latent").data);
  ok(error <= 2e-4, `${error}`);

  await machine.begin({ seed: 0, first: 0, context });
  await rejects(method.run(machine), {
    name: "TypeError",
    message: /^a network of texts needs the context of the empty text/,
  });
});
