"""What lies beside the versions of a served model: how to start a server and how to ask it."""

import pathlib
from typing import Any, NamedTuple

import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.config import model_server_config_pb2

from zoo.files import whole_file
from zoo.serving.warm_up import BATCH_SIZES
from zoo.training.markdown import render

# Requests that come within a millisecond share a batch.
_BATCHING = f"""\
max_batch_size {{ value: {BATCH_SIZES[-1]} }}
batch_timeout_micros {{ value: 1000 }}
max_enqueued_batches {{ value: 100 }}
num_batch_threads {{ value: 2 }}
"""


class Port(NamedTuple):
    """A named input or output of a signature, as the SavedModel says it."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        sizes = ("batch" if size is None else str(size) for size in self.shape)
        return f"`{self.name}` {self.dtype} ({', '.join(sizes)})"


def read_signatures(version: pathlib.Path) -> dict[str, tuple[list[Port], list[Port]]]:
    """The inputs and outputs of each signature of a SavedModel, from its file alone."""
    saved = saved_model_pb2.SavedModel.FromString((version / "saved_model.pb").read_bytes())
    return {
        name: (_ports(definition.inputs), _ports(definition.outputs))
        for name, definition in sorted(saved.meta_graphs[0].signature_def.items())
        if not name.startswith("__")
    }


def write_server_files(
    folder: pathlib.Path, version: int, about: dict[str, Any], saved_model: pathlib.Path
) -> None:
    """Writes models.config, batching.config and README.md, each in one step.

    Args:
        folder: of the versions; its name is that of the served model.
        version: the newest.
        about: what assets.extra/zoo.json says of it.
        saved_model: its folder, as long as it is written.
    """
    name = folder.resolve().name
    config = model_server_config_pb2.ModelServerConfig()
    model = config.model_config_list.config.add()
    model.name, model.base_path, model.model_platform = name, f"/models/{name}", "tensorflow"
    signatures = read_signatures(saved_model)
    page = render(
        "zoo.serving.templates",
        "README.md.jinja",
        name=name,
        version=version,
        about=about,
        signatures=signatures,
        asked=_asked(signatures),
    )
    for file, text in (
        ("models.config", text_format.MessageToString(config)),
        ("batching.config", _BATCHING),
        ("README.md", page),
    ):
        with whole_file(folder / file) as path:
            path.write_text(text)


def _asked(signatures: dict[str, tuple[list[Port], list[Port]]]) -> dict[str, Any]:
    """The question that the README asks, its input written as Python."""
    name = "classify" if "classify" in signatures else "serving_default"
    (port, *_), outputs = signatures[name]
    if port.dtype == "string":
        rest = '[{"b64": base64.b64encode(open("image.png", "rb").read()).decode()}]'
        grpc = '[open("image.png", "rb").read()]'
    else:
        value = 127 if port.dtype == "uint8" else 0.5
        array = f"numpy.full({(1, *port.shape[1:])}, {value}"
        rest, grpc = f"{array}).tolist()", f'{array}, "{port.dtype}")'
    return {"signature": name, "input": port.name, "rest": rest, "grpc": grpc, "outputs": outputs}


def _ports(named: Any) -> list[Port]:
    return [
        Port(
            name,
            tf.as_dtype(info.dtype).name,
            tuple(None if dim.size < 0 else dim.size for dim in info.tensor_shape.dim),
        )
        for name, info in sorted(named.items())
    ]
