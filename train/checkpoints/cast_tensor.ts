import { UserError } from "../../engine/user_error.ts";
import { type StoredTensor, toFloat32 } from "../formats/stored_tensor.ts";

/** An element type for stored weights. */
export type FloatDtype = "F32" | "F16" | "BF16";

/** A finite number overflows in a smaller type. */
export class CastError extends UserError {
  /** The class's name. */
  override readonly name: string = "CastError";
}

const FLOATS: readonly string[] = ["F64", "F32", "F16", "BF16"];

/**
 * Casts a tensor to another float type, rounding to nearest, ties to even. Tensors of integers are
 * returned unchanged.
 *
 * @param name the tensor's, for the error
 * @throws {CastError} where a finite number is too large for the type
 */
export function castTensor(tensor: StoredTensor, dtype: FloatDtype, name: string): StoredTensor {
  if (tensor.dtype === dtype || !FLOATS.includes(tensor.dtype)) return tensor;
  const { shape } = tensor;
  const values = toFloat32(tensor);
  if (dtype === "F32") {
    check(tensor, values, dtype, name);
    return { dtype, shape, data: values };
  }
  if (dtype === "F16") {
    const data = new Float16Array(tensor.dtype === "F64" ? tensor.data : values);
    check(tensor, data, dtype, name);
    return { dtype, shape, data };
  }
  const data = toBfloat16(values);
  check(tensor, toFloat32({ dtype, shape, data }), dtype, name);
  return { dtype, shape, data };
}

function check(
  before: StoredTensor,
  after: ArrayLike<number>,
  dtype: FloatDtype,
  name: string,
): void {
  const values = before.dtype === "F64" ? before.data : toFloat32(before);
  for (let i = 0; i < after.length; i++) {
    if (Number.isFinite(values[i]) && !Number.isFinite(after[i])) {
      throw new CastError(`${name} has the number ${values[i]}, too large for ${dtype}`);
    }
  }
}

/** The upper 16 bits of float32, rounded to nearest even; NaN stays NaN. */
function toBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (b, i) => {
    if (Number.isNaN(values[i])) return (b >>> 16) | 0x40;
    return (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
  });
}
