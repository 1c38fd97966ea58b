"""Writes test/goldens/tensorboard.json: events as TensorBoard's own protobufs and record writer write them.

    python scripts/goldens/event_files.py        (tensorboard 2.21)
"""

import base64
import io
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

OUT = pathlib.Path(__file__).resolve().parents[2] / "test" / "goldens" / "tensorboard.json"


def text(tag, content):
    shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)])
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, tensor_shape=shape, string_val=[content.encode()])
    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name="text")
    return summary_pb2.Summary.Value(tag=tag, tensor=tensor, metadata=summary_pb2.SummaryMetadata(plugin_data=plugin))


histogram = summary_pb2.HistogramProto(
    min=-0.5, max=2, num=3, sum=1.5, sum_squares=4.25, bucket_limit=[-0.25, 1.5, 2.5], bucket=[1, 0, 2]
)
EVENTS = {
    "version": event_pb2.Event(wall_time=1234.5, file_version="brain.Event:2"),
    "start": event_pb2.Event(
        wall_time=1234.5, step=21, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    ),
    "scalars": event_pb2.Event(
        wall_time=1234.5,
        step=5_000_000_000,
        summary=summary_pb2.Summary(
            value=[
                summary_pb2.Summary.Value(tag="train/loss", simple_value=0.0),
                summary_pb2.Summary.Value(tag="train/grad_norm", simple_value=2.5),
            ]
        ),
    ),
    "text": event_pb2.Event(wall_time=1234.5, step=3, summary=summary_pb2.Summary(value=[text("sample", "    né\n    <b>")])),
    "histogram": event_pb2.Event(
        wall_time=1234.5,
        step=3,
        summary=summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="parameters/w", histo=histogram)]),
    ),
}


class Bytes(io.BytesIO):
    def close(self):
        pass


def record(event):
    stream = Bytes()
    RecordWriter(stream).write(event.SerializeToString(deterministic=True))
    return base64.b64encode(stream.getvalue()).decode()


OUT.write_text(json.dumps({name: record(event) for name, event in EVENTS.items()}, indent=1) + "\n")
