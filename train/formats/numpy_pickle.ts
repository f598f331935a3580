/** NumPy's objects in pickles: arrays, scalars and dtypes. */
import { numpyArray, numpyDescr } from "./numpy_array.ts";
import { pickleGlobals } from "./pickle.ts";
import {
  OpaqueValue,
  type PickledValue,
  PickleError,
  type PickleGlobal,
  PickleObject,
} from "./pickled_value.ts";
import { PickleWriter } from "./pickle_writer.ts";
import { isShape, type StoredTensor, tensorBytes, tensorFault } from "./stored_tensor.ts";

const OBJECTS = "O8";
/** NumPy's flags of the object dtype: reference counted, needs the Python API, and so on. */
const OBJECT_FLAGS = 63;

/** `numpy.dtype`: made from the type's name; its state has the byte order. */
class NumpyDtype extends PickleObject {
  order = "|";

  constructor(readonly name: string) {
    super();
  }

  override setState(state: unknown): void {
    const order = Array.isArray(state) ? state[1] : null;
    if (typeof order !== "string") throw fail("its type has no byte order");
    this.order = order;
  }

  override value(): OpaqueValue {
    return new OpaqueValue("numpy.dtype");
  }
}

/** `numpy.ndarray`: made empty; its state has shape, dtype and data. */
class NumpyArray extends PickleObject {
  #value: StoredTensor | unknown[] | null = null;

  override setState(state: unknown): void {
    const [, shape, dtype, fortran_order, data] = Array.isArray(state) ? state : [];
    if (!(dtype instanceof NumpyDtype)) throw fail("it has no type");
    if (dtype.name === OBJECTS) {
      const fits = Array.isArray(data) && isShape(shape) && shape.length <= 1 &&
        data.length === (shape[0] ?? 1);
      if (!fits) throw fail("its objects do not fill a list of its shape");
      this.#value = data;
    } else this.#value = tensor(dtype, shape, fortran_order === true, data);
  }

  override value(): StoredTensor | unknown[] {
    if (this.#value === null) throw fail("it has no values");
    return this.#value;
  }
}

function fail(problem: string): PickleError {
  return new PickleError(`a NumPy array cannot be read: ${problem}`);
}

function tensor(dtype: unknown, shape: unknown, fortran_order: boolean, data: unknown) {
  if (!(dtype instanceof NumpyDtype)) throw fail("it has no type");
  const bytes = typeof data === "string" ? latin1Bytes(data) : data;
  if (!(bytes instanceof Uint8Array)) throw fail("it has no bytes");
  const layout = { descr: dtype.order + dtype.name, shape, fortran_order };
  return numpyArray(layout, bytes as Uint8Array<ArrayBuffer>, fail);
}

function latin1Bytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i);
    if (byte > 255) throw fail("its bytes are not bytes");
    bytes[i] = byte;
  }
  return bytes;
}

function scalar([dtype, data]: unknown[]): number | bigint | boolean {
  const array = tensor(dtype, [], false, data);
  const value = array.data[0];
  if (array.dtype === "BOOL") return value !== 0;
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

const reconstruct = () => new NumpyArray();
const frombuffer = ([data, dtype, shape, order]: unknown[]) => {
  const array = new NumpyArray();
  array.setState([1, shape, dtype, order === "F", data]);
  return array;
};

/** The NumPy globals that a pickle may name. */
export const NUMPY_GLOBALS: ReadonlyMap<string, PickleGlobal> = pickleGlobals({
  "numpy.ndarray": null,
  "numpy.dtype": ([name]) => {
    if (typeof name !== "string") throw fail("its type has no name");
    return new NumpyDtype(name);
  },
  "numpy.core.multiarray._reconstruct": reconstruct,
  "numpy._core.multiarray._reconstruct": reconstruct,
  "numpy.core.multiarray.scalar": scalar,
  "numpy._core.multiarray.scalar": scalar,
  "numpy.core.numeric._frombuffer": frombuffer,
  "numpy._core.numeric._frombuffer": frombuffer,
  "_codecs.encode": ([text, encoding]) => {
    if (typeof text !== "string" || encoding !== "latin1") throw fail("its bytes are not bytes");
    return latin1Bytes(text);
  },
});

/**
 * Pickles a list of values as a NumPy array of objects.
 *
 * @throws {PickleError} when a tensor is inconsistent, or BF16, which NumPy does not have.
 */
export function pickleObjects(values: readonly PickledValue[]): Uint8Array<ArrayBuffer> {
  const pickle = new PickleWriter(3);
  const array = (descr: string, shape: readonly number[], data: () => void) => {
    pickle.global("numpy.core.multiarray", "_reconstruct").mark();
    pickle.global("numpy", "ndarray").mark().number(0).tuple();
    pickle.bytes(new TextEncoder().encode("b")).tuple().reduce();
    pickle.mark().number(1).mark();
    shape.forEach((size) => pickle.number(size));
    pickle.tuple().global("numpy", "dtype").mark().text(descr.slice(1)).truth(false).truth(true);
    pickle.tuple().reduce().mark().number(3).text(descr[0]).none().none().none();
    pickle.number(-1).number(-1).number(descr.slice(1) === OBJECTS ? OBJECT_FLAGS : 0);
    pickle.tuple().build().truth(false);
    data();
    pickle.tuple().build();
  };
  array("|" + OBJECTS, [values.length], () =>
    pickle.value([...values], (tensor) => {
      const descr = numpyDescr(tensor.dtype);
      const fault = tensorFault(tensor) ?? (descr ? null : `NumPy has no ${tensor.dtype}`);
      if (fault) throw new PickleError(fault);
      array(descr!, tensor.shape, () => pickle.bytes(tensorBytes(tensor)));
    }));
  return pickle.end();
}
