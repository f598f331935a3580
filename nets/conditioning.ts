import { input, ShapeError, type Tensor } from "../engine/mod.ts";

/**
 * What a network is conditioned on besides the noisy image and its time: nothing, or a class label of
 * each image.
 * @category Networks
 */
export type Conditioning =
  | { readonly kind: "none" }
  | {
    readonly kind: "label";
    /** Number of labels, rows of their embedding; the last stands for no class. */
    readonly labels: number;
  };

/**
 * What a network of this configuration is conditioned on.
 * @category Networks
 */
export function conditioningOf(
  { num_classes }: { readonly num_classes: number },
): Conditioning {
  return num_classes > 0 ? { kind: "label", labels: num_classes } : { kind: "none" };
}

/**
 * The condition of `n` images as an input of the graph: `labels` `[n]`, i32; undefined for an
 * unconditional network. `conditionInputs` gives what a plan with it takes.
 */
export function conditionInput(conditioning: Conditioning, n: number): Tensor | undefined {
  return conditioning.kind === "none" ? undefined : input("labels", [n], "i32");
}

/**
 * Checks the condition of a batch of `n` images.
 *
 * @param network its name, for the message
 * @throws {ShapeError} where it is missing, unexpected, or of another shape or type
 */
export function checkCondition(
  network: string,
  conditioning: Conditioning,
  condition: Tensor | undefined,
  n: number,
): void {
  const expected = conditionInput(conditioning, n);
  if (!expected) {
    if (!condition) return;
    throw new ShapeError(`${network}: a condition for an unconditional network`);
  }
  const text = ({ dtype, shape }: Tensor) => `${dtype} [${shape.join(", ")}]`;
  if (!condition) {
    throw new ShapeError(
      `${network}: a conditional network needs its condition, ${text(expected)}`,
    );
  }
  if (text(condition) !== text(expected)) {
    throw new ShapeError(
      `${network}: the condition is ${text(condition)}, the network takes ${text(expected)}`,
    );
  }
}
