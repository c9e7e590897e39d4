"""Asks SavedModels as servers do, in a process that has neither zoo nor Keras.

    python loaders.py SAVED_MODEL QUESTIONS.npz ANSWERS.npz LOADER,LOADER ...

A question has the key SIGNATURE/INPUT, an answer LOADER/SIGNATURE/OUTPUT. The loaders are
`tf.saved_model.load`, the session loader, the C API of the TensorFlow library (which TensorFlow
Serving is built on), and `saved_model_cli run`.
"""

import contextlib
import ctypes
import io
import pathlib
import sys
import tempfile

# Nothing that follows may need the code of the model.
sys.modules["zoo"] = sys.modules["keras"] = None

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.core.protobuf import meta_graph_pb2  # noqa: E402
from tensorflow.python.tools import saved_model_cli  # noqa: E402


def by_function(folder, questions):
    signatures = tf.saved_model.load(folder).signatures
    for name, inputs in questions.items():
        yield name, {key: np.asarray(part) for key, part in signatures[name](**inputs).items()}


def by_session(folder, questions):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta_graph = tf.compat.v1.saved_model.load(session, ["serve"], folder)
        for name, inputs in questions.items():
            signature = meta_graph.signature_def[name]
            fed = {signature.inputs[key].name: value for key, value in inputs.items()}
            fetched = {key: info.name for key, info in signature.outputs.items()}
            yield name, session.run(fetched, fed)


def by_command_line(folder, questions):
    for name, inputs in questions.items():
        with tempfile.TemporaryDirectory() as place:
            given = []
            for key, value in inputs.items():
                np.save(f"{place}/{key}.npy", value)
                given.append(f"{key}={place}/{key}.npy")
            sys.argv = ["saved_model_cli", "run", "--dir", folder, "--tag_set", "serve"]
            sys.argv += ["--signature_def", name, "--inputs", ";".join(given)]
            sys.argv += ["--outdir", f"{place}/answers"]
            with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
                saved_model_cli.main()
            answers = pathlib.Path(place, "answers").glob("*.npy")
            yield name, {path.stem: np.load(path) for path in answers}


class Output(ctypes.Structure):
    """TF_Output."""

    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


class Buffer(ctypes.Structure):
    """TF_Buffer."""

    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t), ("free", ctypes.c_void_p)]


def library():
    c = ctypes.CDLL(next(map(str, pathlib.Path(tf.__file__).parent.glob("libtensorflow_cc.so*"))))
    pointers = "NewSessionOptions NewGraph NewStatus NewBuffer LoadSessionFromSavedModel"
    for name in f"{pointers} GraphOperationByName AllocateTensor TensorData".split():
        getattr(c, f"TF_{name}").restype = ctypes.c_void_p
    c.TF_Message.restype = ctypes.c_char_p
    c.TF_TensorByteSize.restype = ctypes.c_size_t
    c.TF_Dim.restype = ctypes.c_int64
    return c


def by_c_api(folder, questions):
    c = library()
    pointer = ctypes.c_void_p
    status, graph = pointer(c.TF_NewStatus()), pointer(c.TF_NewGraph())
    buffer = ctypes.cast(c.TF_NewBuffer(), ctypes.POINTER(Buffer))
    options, tags = pointer(c.TF_NewSessionOptions()), (ctypes.c_char_p * 1)(b"serve")

    def check():
        if c.TF_GetCode(status):
            raise RuntimeError(c.TF_Message(status).decode())

    session = pointer(
        c.TF_LoadSessionFromSavedModel(
            options, None, folder.encode(), tags, 1, graph, buffer, status
        )
    )
    check()
    serialized = ctypes.string_at(buffer.contents.data, buffer.contents.length)
    meta_graph = meta_graph_pb2.MetaGraphDef.FromString(serialized)

    def output(info):
        operation, index = info.name.split(":")
        found = c.TF_GraphOperationByName(graph, operation.encode())
        assert found, info.name
        return Output(found, int(index))

    def tensor(value):
        value = np.ascontiguousarray(value)
        dims = (ctypes.c_int64 * value.ndim)(*value.shape)
        dtype = tf.as_dtype(value.dtype).as_datatype_enum
        made = pointer(c.TF_AllocateTensor(dtype, dims, value.ndim, ctypes.c_size_t(value.nbytes)))
        ctypes.memmove(c.TF_TensorData(made), value.ctypes.data, value.nbytes)
        return made

    def array(made):
        made = pointer(made)
        shape = [c.TF_Dim(made, i) for i in range(c.TF_NumDims(made))]
        dtype = tf.as_dtype(c.TF_TensorType(made)).as_numpy_dtype
        raw = ctypes.string_at(c.TF_TensorData(made), c.TF_TensorByteSize(made))
        return np.frombuffer(raw, dtype).reshape(shape)

    for name, inputs in questions.items():
        signature = meta_graph.signature_def[name]
        fed = (Output * len(inputs))(*(output(signature.inputs[key]) for key in inputs))
        values = (pointer * len(inputs))(*(tensor(value) for value in inputs.values()))
        keys = list(signature.outputs)
        fetched = (Output * len(keys))(*(output(signature.outputs[key]) for key in keys))
        answers = (pointer * len(keys))()
        asked = fed, values, len(inputs), fetched, answers, len(keys)
        c.TF_SessionRun(session, None, *asked, None, 0, None, status)
        check()
        yield name, {key: array(answer) for key, answer in zip(keys, answers, strict=True)}


LOADERS = {
    "function": by_function,
    "session": by_session,
    "c_api": by_c_api,
    "command_line": by_command_line,
}


def ask(folder, questions_file, answers_file, loaders):
    questions = {}
    for key, value in np.load(questions_file).items():
        signature, _, name = key.partition("/")
        questions.setdefault(signature, {})[name] = value
    answers = {}
    for loader in loaders.split(","):
        for signature, outputs in LOADERS[loader](folder, questions):
            answers |= {f"{loader}/{signature}/{key}": value for key, value in outputs.items()}
    np.savez(answers_file, **answers)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    for first in range(0, len(arguments), 4):
        ask(*arguments[first : first + 4])
