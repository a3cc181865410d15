"""The part of the Sparkplug B payload (Eclipse Tahu, field numbers of specification 3.0) that is read and written here.

Fields that are not named, such as data sets and templates, are passed over by protobuf itself.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto
_METRIC = (
    ("name", 1, _Field.TYPE_STRING), ("alias", 2, _Field.TYPE_UINT64), ("timestamp", 3, _Field.TYPE_UINT64),
    ("datatype", 4, _Field.TYPE_UINT32), ("is_historical", 5, _Field.TYPE_BOOL), ("is_null", 7, _Field.TYPE_BOOL),
)  # fmt: skip
_VALUES = (
    ("int_value", 10, _Field.TYPE_UINT32), ("long_value", 11, _Field.TYPE_UINT64),
    ("float_value", 12, _Field.TYPE_FLOAT), ("double_value", 13, _Field.TYPE_DOUBLE),
    ("boolean_value", 14, _Field.TYPE_BOOL), ("string_value", 15, _Field.TYPE_STRING),
)  # fmt: skip


def _add(message: Any, name: str, number: int, kind: int, **more: Any) -> None:
    message.field.add(name=name, number=number, type=kind, label=_Field.LABEL_OPTIONAL, **more)


def _made() -> tuple[type[Any], type[Any]]:
    file = descriptor_pb2.FileDescriptorProto(
        name="campus/sparkplug_b.proto", package="campus.sparkplug", syntax="proto2"
    )
    metric = file.message_type.add(name="Metric")
    for field in _METRIC:
        _add(metric, *field)
    metric.oneof_decl.add(name="value")
    for field in _VALUES:
        _add(metric, *field, oneof_index=0)
    payload = file.message_type.add(name="Payload")
    _add(payload, "timestamp", 1, _Field.TYPE_UINT64)
    payload.field.add(
        name="metrics", number=2, type=_Field.TYPE_MESSAGE, label=_Field.LABEL_REPEATED,
        type_name=".campus.sparkplug.Metric",
    )  # fmt: skip
    _add(payload, "seq", 3, _Field.TYPE_UINT64)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = [pool.FindMessageTypeByName(f"campus.sparkplug.{name}") for name in ("Payload", "Metric")]
    made = [message_factory.GetMessageClass(one) for one in found]
    return made[0], made[1]


Payload, Metric = _made()
