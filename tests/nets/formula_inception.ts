import { inceptionStateShapes } from "../../nets/inception.ts";

/** Inception's state dict with weights by the formula of tests/golden/README.md. */
export function formulaInception(): Record<string, Float32Array<ArrayBuffer>> {
  const shapes = inceptionStateShapes();
  const state: Record<string, Float32Array<ArrayBuffer>> = {};
  Object.keys(shapes).sort().forEach((name, key) => {
    const size = shapes[name].reduce((n, d) => n * d, 1);
    const variance = name.endsWith("running_var");
    const scale = shapes[name].length > 1
      ? Math.sqrt(2 * shapes[name][0] / size)
      : variance
      ? 0.2
      : 0.1;
    const offset = variance || (shapes[name].length === 1 && name.endsWith("weight")) ? 1 : 0;
    state[name] = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      state[name][i] = offset + scale * Math.sin(12.9898 * (i + 1) + 78.233 * (key + 1));
    }
  });
  return state;
}
