import { Message } from "./message.ts";

/** A value of a hyper-parameter. */
export type Hyperparameter = string | number | boolean;

/** When something happened. */
export interface Moment {
  /** Optimizer steps done. */
  readonly step: number;
  /** Seconds since 1970. */
  readonly wall_time: number;
}

/** An image in PNG, and its size in pixels. */
export interface PngImage {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

// The numbers of the fields in TensorFlow's event.proto, summary.proto and tensor.proto, and of the
// hparams plugin's plugin_data.proto.
const EVENT = { wall_time: 1, step: 2, file_version: 3, summary: 5, session_log: 7 };
const SESSION_LOG = { status: 1 };
const START = 1;
const SUMMARY = { value: 1 };
const VALUE = { tag: 1, simple_value: 2, image: 4, tensor: 8, metadata: 9 };
const IMAGE = { height: 1, width: 2, colorspace: 3, encoded_image_string: 4 };
const RGB = 3;
const METADATA = { plugin_data: 1 };
const PLUGIN = { plugin_name: 1, content: 2 };
const HPARAMS = { session_start_info: 3 };
const SESSION_START = { hparams: 1, start_time_secs: 5 };
const ENTRY = { key: 1, value: 2 };
const STRUCT_VALUE = { number_value: 2, string_value: 3, bool_value: 4 };
const TENSOR = { dtype: 1, tensor_shape: 2, float_val: 5 };
const DT_FLOAT = 1;

/** The first event of a file. From version 2 on, TensorBoard heeds {@linkcode startEvent}. */
export function versionEvent(wall_time: number): Uint8Array {
  return new Message().double(EVENT.wall_time, wall_time).text(EVENT.file_version, "brain.Event:2")
    .encoded();
}

/** The start of a run that goes on: what earlier files have of this step and later ones is void. */
export function startEvent(moment: Moment): Uint8Array {
  return event(moment).message(
    EVENT.session_log,
    new Message().integer(SESSION_LOG.status, START),
  ).encoded();
}

/** Numbers by tag. */
export function scalarsEvent(
  moment: Moment,
  scalars: Iterable<readonly [tag: string, value: number]>,
): Uint8Array {
  const summary = new Message();
  for (const [tag, value] of scalars) {
    const scalar = new Message().text(VALUE.tag, tag).float(VALUE.simple_value, value);
    summary.message(SUMMARY.value, scalar);
  }
  return event(moment).message(EVENT.summary, summary).encoded();
}

/** An image under a tag. */
export function imageEvent(
  moment: Moment,
  tag: string,
  { png, width, height }: PngImage,
): Uint8Array {
  const image = new Message().integer(IMAGE.height, height).integer(IMAGE.width, width)
    .integer(IMAGE.colorspace, RGB).bytes(IMAGE.encoded_image_string, png);
  const value = new Message().text(VALUE.tag, tag).message(VALUE.image, image);
  return event(moment).message(EVENT.summary, new Message().message(SUMMARY.value, value))
    .encoded();
}

/** The settings of a run, for TensorBoard's page of hyper-parameters. */
export function hyperparametersEvent(
  moment: Moment,
  settings: Iterable<readonly [name: string, value: Hyperparameter]>,
): Uint8Array {
  const session = new Message();
  for (const [name, value] of settings) {
    const entry = new Message().text(ENTRY.key, name).message(ENTRY.value, structValue(value));
    session.message(SESSION_START.hparams, entry);
  }
  session.double(SESSION_START.start_time_secs, moment.wall_time);
  const plugin = new Message().text(PLUGIN.plugin_name, "hparams")
    .message(PLUGIN.content, new Message().message(HPARAMS.session_start_info, session));
  // Readers take no value without a tensor: an empty one, all is in the metadata.
  const nothing = new Message().integer(TENSOR.dtype, DT_FLOAT)
    .message(TENSOR.tensor_shape, new Message().message(2, new Message().integer(1, 1)))
    .bytes(TENSOR.float_val, new Uint8Array(4));
  const value = new Message().text(VALUE.tag, "_hparams_/session_start_info")
    .message(VALUE.tensor, nothing)
    .message(VALUE.metadata, new Message().message(METADATA.plugin_data, plugin));
  return event(moment).message(EVENT.summary, new Message().message(SUMMARY.value, value))
    .encoded();
}

/** The bytes at the start of an event that {@linkcode stepOf} needs. */
export const STEP_BYTES = 18;

/** The step of an event of this module; null for one without, and for what is no such event. */
export function stepOf(event: Uint8Array): number | null {
  const STEP_AT = 9;
  if (event[0] !== 8 * EVENT.wall_time + 1 || event[STEP_AT] !== 8 * EVENT.step) return null;
  let [step, scale] = [0, 1];
  for (const byte of event.subarray(STEP_AT + 1)) {
    step += (byte & 0x7f) * scale;
    if (byte < 0x80) return step;
    scale *= 128;
  }
  return null;
}

function event({ step, wall_time }: Moment): Message {
  return new Message().double(EVENT.wall_time, wall_time).integer(EVENT.step, step);
}

function structValue(value: Hyperparameter): Message {
  switch (typeof value) {
    case "number":
      return new Message().double(STRUCT_VALUE.number_value, value);
    case "boolean":
      return new Message().integer(STRUCT_VALUE.bool_value, Number(value));
    default:
      return new Message().text(STRUCT_VALUE.string_value, value);
  }
}
