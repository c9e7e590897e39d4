"""What makes a model or an estimator of a name and arguments, which it checks."""

import inspect
from typing import TYPE_CHECKING, Any

from zoo.errors import InputError, check_choice, check_flag, first_line, tensorflow_error
from zoo.registry import pretrained as trained
from zoo.registry.names import entry_point, is_estimator, list_estimators
from zoo.settings import is_number, typed

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

    from zoo.models import ZooModel


def create_model(name: str, *, weights: str | None = None, **arguments: Any) -> "ZooModel":
    """Builds a model by its name: `create_model("se_co", input_shape=(28, 28, 1), num_classes=10)`.

    Args:
        name: one of `list_models()`.
        weights: one of `list_models(pretrained=True)`, to start from: arguments not given are as it
            was trained with, and where the number of classes or labels is another, the head is new.
        **arguments: the entry point's own; see its docstring.

    Returns:
        An uncompiled model with built networks.

    Raises:
        InputError: an unknown name, an unknown or missing argument, or a bad value; weights of
            another model, of another size, or that cannot be had.
    """
    if is_estimator(name):
        raise InputError(f"{name!r} is an estimator, which `create_estimator` makes.")
    if weights is None:
        return _create(name, arguments)
    held = trained.entry(weights)
    if held.recipe["model"] != name:
        raise InputError(
            f"The weights {weights!r} are those of a {held.recipe['model']!r}. Received: {name!r}."
        )
    from zoo.models.weights import start_from  # Names are known without TensorFlow.

    classes = len(held.results["names"])
    of_data: dict[str, Any] = {
        "input_shape": tuple(held.results["input_shape"]),
        "num_classes": classes,
        "num_labels": classes,
    }
    known = inspect.signature(entry_point(name)).parameters
    given = {key: value for key, value in of_data.items() if key in known}
    given |= held.recipe["model_arguments"] | arguments
    model = _create(name, given)
    as_saved = given | {key: of_data[key] for key in ("num_classes", "num_labels") if key in given}
    twin = model if as_saved == given else _create(name, as_saved)
    return start_from(model, twin, trained.fetch(weights))


def create_estimator(name: str, **arguments: Any) -> "ClassifierMixin":
    """Makes an estimator by its name: `create_estimator("src", num_classes=10, lambda1=0.2)`.

    Args:
        name: one of `list_estimators()`.
        **arguments: the entry point's own; see its docstring.

    Returns:
        A scikit-learn classifier, not fitted.

    Raises:
        InputError: an unknown name, an unknown or missing argument, or a bad value.
    """
    check_choice("estimator", name, list_estimators())
    return _create(name, arguments)


def _of_python(value: Any) -> Any:
    """A number of NumPy, as of `y.max() + 1`, as one of Python, which Keras asks for."""
    if type(value) in (list, tuple):
        return type(value)(map(_of_python, value))
    is_number = getattr(value, "shape", None) == () and hasattr(value, "item")
    return value.item() if is_number else value


def _create(name: str, arguments: dict[str, Any]) -> Any:
    function = entry_point(name)
    parameters = inspect.signature(function).parameters
    for argument in arguments:
        check_choice(f"argument of {name!r}", argument, parameters)
    missing = [
        key
        for key, parameter in parameters.items()
        if parameter.default is parameter.empty and key not in arguments
    ]
    if missing:
        raise InputError(f"{name!r} also needs: {', '.join(missing)}.")
    arguments = {key: _of_python(value) for key, value in arguments.items()}
    for key, value in arguments.items():
        if parameters[key].annotation is bool:
            check_flag(key, value)
        elif is_number(parameters[key].annotation):
            typed(key, value, parameters[key].annotation)
    try:
        return function(**arguments)
    except ValueError as error:
        # Of an activation, an initializer or another of Keras's objects.
        if isinstance(error, InputError) or "Could not interpret" not in str(error):
            raise
        raise InputError(
            f"Keras has none of that name for {name!r}: {first_line(error)}."
        ) from None
    except (*tensorflow_error("OpError"), MemoryError, OverflowError) as error:  # type: ignore[misc]
        unknown = isinstance(error, tensorflow_error("OpError"))
        too_large = isinstance(error, tensorflow_error("ResourceExhaustedError"))
        if unknown and not too_large and "2**63" not in str(error):
            raise
        sizes = ", ".join(f"{key}={value!r:.40}" for key, value in arguments.items())
        raise InputError(
            f"There is not enough memory for {name!r} of such a size. Received: {sizes}."
        ) from error
