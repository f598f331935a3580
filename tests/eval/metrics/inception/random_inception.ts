import { inceptionStateShapes } from "../../../../nets/inception.ts";
import { encodeSafetensors } from "../../../../train/formats/safetensors.ts";
import type { StoredTensor } from "../../../../train/formats/stored_tensor.ts";
import { seeded } from "../../seeded.ts";

/**
 * A file of random weights for Inception: unlike those by formula, they keep images apart. Batch
 * norms change nothing.
 */
export function randomInceptionFile(): Uint8Array {
  const tensors: [string, StoredTensor][] = [];
  for (const [name, shape] of Object.entries(inceptionStateShapes())) {
    const size = shape.reduce((n, d) => n * d, 1);
    const one = name.endsWith("bn.weight") || name.endsWith("running_var");
    const scale = shape.length > 1 ? Math.sqrt(6 * shape[0] / size) : 0;
    const data = Float32Array.from(
      seeded(size, tensors.length),
      (value) => one ? 1 : scale * value,
    );
    tensors.push([name, { dtype: "F32", shape: [...shape], data }]);
  }
  return encodeSafetensors(Object.fromEntries(tensors));
}
