"""Reads an event file with protobuf's own decoder and prints what is in it, as JSON.

The schemas are built here, with the numbers of TensorFlow's event.proto, summary.proto and
tensor.proto and of TensorBoard's plugin_data.proto.
"""

import json
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2

FIELD = descriptor_pb2.FieldDescriptorProto
FILE = descriptor_pb2.FileDescriptorProto(
    name="events.proto",
    package="events",
    syntax="proto3",
    dependency=["google/protobuf/struct.proto"],
)
SCHEMA = {
    "Image": ["1 int32 height", "2 int32 width", "3 int32 colorspace", "4 bytes png"],
    "PluginData": ["1 string plugin_name", "2 bytes content"],
    "Metadata": ["1 PluginData plugin_data"],
    "Dim": ["1 int64 size"],
    "Shape": ["2 Dim* dim"],
    "Tensor": ["1 int32 dtype", "2 Shape tensor_shape", "5 float* float_val"],
    "Value": [
        "1 string tag",
        "2 float simple_value",
        "4 Image image",
        "8 Tensor tensor",
        "9 Metadata metadata",
    ],
    "Summary": ["1 Value* value"],
    "SessionLog": ["1 int32 status"],
    "Event": [
        "1 double wall_time",
        "2 int64 step",
        "3 string file_version",
        "5 Summary summary",
        "7 SessionLog session_log",
    ],
    # A map is a repeated entry.
    "Entry": ["1 string key", "2 google.protobuf.Value value"],
    "SessionStart": ["1 Entry* hparams", "5 double start_time_secs"],
    "HParams": ["1 int32 version", "3 SessionStart session_start_info"],
}

for name, fields in SCHEMA.items():
    message = FILE.message_type.add(name=name)
    for text in fields:
        number, kind, field = text.split()
        base = kind.rstrip("*")
        added = message.field.add(
            name=field,
            number=int(number),
            label=FIELD.LABEL_REPEATED if kind != base else FIELD.LABEL_OPTIONAL,
        )
        if base in SCHEMA or "." in base:
            added.type = FIELD.TYPE_MESSAGE
            added.type_name = f".{base}" if "." in base else f".events.{base}"
        else:
            added.type = getattr(FIELD, f"TYPE_{base.upper()}")

pool = descriptor_pool.DescriptorPool()
pool.AddSerializedFile(struct_pb2.DESCRIPTOR.serialized_pb)
pool.Add(FILE)


def message_class(name):
    descriptor = pool.FindMessageTypeByName(f"events.{name}")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


Event, HParams = message_class("Event"), message_class("HParams")


def checksum(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    at = 0
    while at < len(data):
        (length, crc) = struct.unpack_from("<QI", data, at)
        assert crc == checksum(data[at : at + 8]), "the checksum of a length"
        record = data[at + 12 : at + 12 + length]
        (crc,) = struct.unpack_from("<I", data, at + 12 + length)
        assert crc == checksum(record), "the checksum of a record"
        yield record
        at += 16 + length


def shown(value):
    if value.HasField("image"):
        image = value.image
        return [image.width, image.height, image.colorspace, len(image.png)]
    if value.HasField("metadata"):
        plugin = value.metadata.plugin_data
        assert plugin.plugin_name == "hparams" and list(value.tensor.float_val) == [0.0]
        assert value.tensor.dtype == 1 and value.tensor.tensor_shape.dim[0].size == 1
        start = HParams.FromString(plugin.content).session_start_info
        assert start.start_time_secs > 0
        kind = {"number_value": float, "string_value": str, "bool_value": bool}
        return {
            entry.key: kind[entry.value.WhichOneof("kind")](
                getattr(entry.value, entry.value.WhichOneof("kind"))
            )
            for entry in start.hparams
        }
    return value.simple_value


events = []
for record in records(open(sys.argv[1], "rb").read()):
    event = Event.FromString(record)
    assert event.wall_time > 0
    if event.file_version:
        events.append([event.step, "version", event.file_version])
    if event.HasField("session_log"):
        events.append([event.step, "session", event.session_log.status])
    events += [[event.step, value.tag, shown(value)] for value in event.summary.value]
print(json.dumps(events))
