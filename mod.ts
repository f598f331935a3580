/**
 * ScaleLong for Deno: trains and samples diffusion models with scaled long skip connections on
 * WebGPU.
 *
 * The rooms, each importing only from those before it: the engine (tensors, gradients, plans), the
 * networks, training, and evaluation. The commands in `tasks/` are short scripts over them.
 *
 * @example A training loop of your own
 * ```ts
 * import { Device, presets, shapes, TrainStep, trainSteps } from "@scalelong/scalelong";
 *
 * const { quickstart } = presets;
 * const config = { ...quickstart, train: { ...quickstart.train, n_steps: 2, batch_size: 4 } };
 * const data = shapes({ image_size: 12, n: 64, seed: 0 });
 * using device = await Device.open();
 * using step = await TrainStep.create(device, config, { recordLength: 16 });
 * for await (const { step: n, loss } of trainSteps(step, data)) console.log(n, loss);
 * ```
 *
 * @module
 */
export * from "./engine/mod.ts";
export * from "./nets/mod.ts";
export * from "./train/mod.ts";
export * from "./eval/mod.ts";
