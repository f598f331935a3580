/**
 * A small autograd engine on WebGPU: graphs of tensors, gradients, plans and kernels.
 *
 * @example A gradient on the GPU
 * ```ts
 * import { constant, evaluate, grad, mean, mul } from "@scalelong/scalelong";
 *
 * const x = constant([1, 2, 3]);
 * const loss = mean(mul(x, x));
 * const [dx] = grad(loss, [x]);
 * console.log(await evaluate(dx)); // 2 x / 3
 * ```
 *
 * @module
 */
export * from "./on_device.ts";
export { avgPool2d, maxPool2d, resizeBilinear } from "./pooling.ts";
export { evaluateReference, type LeafValues } from "./reference.ts";
