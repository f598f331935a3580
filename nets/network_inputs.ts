import { ShapeError, type Tensor } from "../engine/mod.ts";
import { checkCondition, conditioningOf, type ConditioningOptions } from "./conditioning.ts";
import type { Observe } from "./observe.ts";

/**
 * Inputs of every network.
 * @category Networks
 */
export interface NetworkInputs {
  /** Noisy images `[batch, in_chans, img_size, img_size]`. */
  readonly x: Tensor;
  /** Timesteps `[batch]`: 999 t by default, for the continuous time t in [0, 1]. */
  readonly timesteps: Tensor;
  /**
   * What a conditional network is conditioned on: labels `[batch]`, i32, tokens
   * `[batch, tokens, width]`, or the ids of texts `[batch, ids]`, i32.
   */
  readonly condition?: Tensor;
  /**
   * In training: the key that dropout draws from, u32 `[seed low, seed high, step, first sample]`;
   * a network without dropout ignores it.
   */
  readonly key?: Tensor;
  /** Called with intermediate values. */
  readonly observe?: Observe;
}

/**
 * Checks the inputs of a network.
 *
 * @param network its name, for the message
 * @throws {ShapeError} where images or condition do not match its configuration
 */
export function checkInputs(
  network: string,
  { x, condition }: Pick<NetworkInputs, "x" | "condition">,
  config: ConditioningOptions & { readonly in_chans: number; readonly img_size: number },
): void {
  const { in_chans, img_size } = config;
  const [batch, channels, height, width] = x.shape;
  if (channels !== in_chans || height !== img_size || width !== img_size) {
    throw new ShapeError(
      `${network}: images are [${x.shape.join(", ")}], ` +
        `the network takes [batch, ${in_chans}, ${img_size}, ${img_size}]`,
    );
  }
  checkCondition(network, conditioningOf(config), condition, batch);
}
