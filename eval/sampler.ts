import type { Device } from "../engine/mod.ts";
import { type BatchStart, DeviceMachine } from "./execution/device_machine.ts";
import type { DeviceMachineOptions } from "./execution/machine_options.ts";
import type { SamplerMethod } from "./samplers/program.ts";

/**
 * Called before the first step and after each.
 *
 * @param done the fraction done, 0 at the start and 1 at the end
 * @param images reads the current images, `[n, C, H, W]`
 * @category Samplers
 */
export type OnSamplerStep = (
  done: number,
  images: () => Promise<Float32Array>,
) => void | Promise<void>;

/**
 * Draws batches of images by one method; its plans are compiled with the first.
 * @category Samplers
 */
export class Sampler implements Disposable {
  readonly #machine: DeviceMachine;
  readonly #method: SamplerMethod;

  /** Allocates memory for one batch. @throws {DeviceError} where it is too large for the adapter */
  constructor(device: Device, options: DeviceMachineOptions) {
    this.#machine = new DeviceMachine(device, options);
    this.#method = options.method;
  }

  /**
   * Draws images, `[n, C, H, W]`, about in [-1, 1]. Nothing is read back before the last step, unless
   * `onStep` reads images or the method is adaptive.
   */
  async sample(start: BatchStart, onStep?: OnSamplerStep): Promise<Float32Array> {
    const images = () => this.#machine.read();
    await this.#machine.begin(start);
    await onStep?.(0, images);
    await this.#method.run(this.#machine, onStep && ((done) => onStep(done, images)));
    return await images();
  }

  /** Frees plans and memory. */
  [Symbol.dispose](): void {
    this.#machine[Symbol.dispose]();
  }
}
