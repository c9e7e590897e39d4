"""What every model of the zoo shares: networks by role, per-sample terms, the one-player step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo.errors import InputError
from zoo.keras_settings import check_settings
from zoo.kinds import Task
from zoo.losses import reconstruction_loss
from zoo.models import codes, gate
from zoo.models.base.checks import built_layer, check_apart, check_layer, check_network
from zoo.models.base.compiling import (
    check_known,
    check_metric_names,
    check_objective,
    check_owner,
    jit_of,
    steps_of,
    weights_of,
)
from zoo.models.base.gated_model import GatedModel
from zoo.models.base.replicas import as_if_summed, check_shared, regularization_losses
from zoo.models.base.stages import read_stages, with_stages
from zoo.networks import FeatureScaling
from zoo.networks.replicas import sum_over_replicas
from zoo.optimizers import get_optimizer


class ZooModel(GatedModel):
    """Networks, terms and a step: the base of every model in the zoo.

    A leaf class passes its networks by role to the constructor and writes four hooks; fitting,
    evaluating, saving, loading, callbacks, mixed precision and `tf.distribute` then work as for any
    Keras model.

    * `forward(x, y, sample_weight, training)` runs every network once and returns their outputs.
    * `terms(x, y, outputs)` returns the terms of the objective, `{name: (batch_size,)}`.
    * `total(means)` combines the means of the terms into the scalar that is minimized.
    * `predictions(outputs)` is what `call` and `predict` return.

    The mean of a term is taken over the *global* batch, whatever the number of replicas:

        mean = Σ_i w_i · term_i / Σ_i w_i

    where w is `sample_weight` for the `label_terms`, or for every term of a model that has none;
    1 for a labeled row (of a weight above 0) and 0 for an unlabeled one in the `real_terms` of a
    game; and 1 otherwise. So weights of 0 and 1 mark unlabeled and labeled rows (any class number
    serves as the label of an unlabeled one), a batch without a labeled row contributes 0, and
    scaling all weights by one factor changes nothing. Both sides of a game count each row once,
    whatever it weighs: weights that balance the classes would else make an adversary tell true
    labels from equal ones by how often it sees them. What the networks' regularizers and
    `add_loss` ask for is added to the total.

    The `loss` shown is the mean over the batches of what was minimized, each batch weighted by its
    rows, or by their weights where all terms go by these; a term shown is the weighted mean over
    all rows of the epoch. Callbacks that monitor a term or a metric of the model itself know their
    `mode`.

    A leaf keeps each argument of its constructor as an attribute of the same name, where
    `get_config` reads it. A model that trains in stages names its `parts` and says in
    `variables_of` what each moves.

    Args:
        networks: the built Keras models by role, for example `{"encoder": ..., "decoder": ...}`.
            Each becomes an attribute of that name. Networks return codes or logits; the model
            applies the softmax or sigmoid.
        term_names: the names of the terms, in the order in which they are shown.
        augmentation: a Keras layer that changes the images while training, before anything else
            sees them: unlike a corruption it changes the target of a reconstruction too, but for
            models with `rebuilds_clean`.
        scaling: None, or the `zoo.networks.FeatureScaling` of a model of rows of features: the
            networks see standardized rows, all terms are of these, and what the model rebuilds or
            makes has the features' own units.
        stages: of a model with `parts`: (part, share[, learning rate]) in their order, see
            `zoo.models.base.stages.read_stages`.

    Raises:
        InputError: a network is no built Keras model, or ends in a softmax or sigmoid although
            its role asks for logits; or stages that cannot be read.
    """

    label_terms: tuple[str, ...] = ()
    real_terms: tuple[str, ...] = ()
    logit_roles: tuple[str, ...] = ()
    adversary_role: str | None = None
    parts: tuple[str, ...] = ()
    # What the model is for; without it `fit` works, but no recipe, score or served signature.
    task: Task | None = None
    # What `zoo.load_pretrained` says of the model, in Markdown.
    card = ""
    # Whether the terms, those of an adversary too, see the images as they are before augmentation.
    rebuilds_clean = False
    # What is no argument of the leaves, see `constructor_config`.
    decided: tuple[str, ...] = ("networks", "term_names")

    def __init__(
        self,
        networks: Mapping[str, keras.Model],
        term_names: tuple[str, ...],
        augmentation: keras.layers.Layer | None = None,
        stages: Sequence[Sequence[Any]] | None = None,
        scaling: FeatureScaling | None = None,
        **kwargs: Any,
    ) -> None:
        check_settings()
        super().__init__(**kwargs)
        self.roles = tuple(networks)
        for role, network in networks.items():
            check_network(role, network, logits=role in self.logit_roles)
            setattr(self, role, network)
        check_apart(networks)
        check_layer("augmentation", augmentation)
        self.augmentation = built_layer(augmentation, self.input_shape)
        if scaling is not None:
            self._check_scaling(scaling)
        self.scaling = built_layer(scaling, self.input_shape)
        # Each network casts for itself, see `__call__`: features are standardized before, by the
        # model or a layer of the network, as half precision may not hold them.
        self.autocast = False
        if stages and not self.parts:
            raise InputError(
                f"A {type(self).__name__} is trained as a whole, so it takes no `stages`. "
                f"Received: stages={stages!r}."
            )
        self.stages = read_stages(stages, self.parts) if self.parts else ()
        self.stage = self.stages[-1][0] if self.parts else None
        self.term_trackers = [keras.metrics.Mean(name=name) for name in term_names]
        for tracker in self.term_trackers:
            tracker._direction = "down"
        # What learned when the step was traced.
        self._learning: frozenset[int] = frozenset()
        # By their places in `weights`, what each optimizer of the file being loaded was made for.
        self._weights_in_file: tuple[Sequence[int], ...] = ()
        # The networks come built (T2), so there is nothing left to build on the first batch.
        self.built = True

    @property
    def networks(self) -> dict[str, keras.Model]:
        """The networks by role."""
        return {role: getattr(self, role) for role in self.roles}

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of the inputs, None for the batch size, as Keras has it."""
        return tuple(self.networks[self.roles[0]].input_shape)

    def _check_scaling(self, scaling):
        if not isinstance(scaling, FeatureScaling):
            raise InputError(
                f"`scaling` must be a zoo.networks.FeatureScaling. Received: scaling={scaling!r}."
            )
        if not self.makes_pixels or len(self.input_shape) != 2:
            raise InputError(
                f"This {type(self).__name__} does not take rows of features to standardize. "
                f"Received: `scaling` with networks for {self.input_shape[1:]}."
            )

    def scaled(self, x: Any) -> Any:
        """Inputs as the networks see them: standardized by `scaling`, or as they are."""
        return x if self.scaling is None else self.scaling(x)

    def made(self, logits: Any) -> Any:
        """What a network made, as the networks see inputs: `restored`, before any units."""
        return codes.pixels(logits) if self.scaling is None else self.scaling.made(logits)

    def restored(self, logits: Any) -> Any:
        """What a network made: sigmoid(logits), or features in their own units; float32."""
        return codes.pixels(logits, self.scaling)

    def distance(self, name: str) -> Callable:
        """The reconstruction loss of a name, between rows as networks see and as they make them."""
        named = reconstruction_loss if self.scaling is None else self.scaling.distance
        return named(name)

    def check_ready(self):
        if self.scaling is not None:
            self.scaling.check_adapted()

    def begin_fit(self, x):
        if self.scaling is None or self.scaling.is_adapted:
            return
        is_stream = isinstance(x, tf.data.Dataset | keras.utils.PyDataset)
        endless = isinstance(x, tf.data.Dataset) and x.cardinality() == tf.data.INFINITE_CARDINALITY
        if endless or not is_stream and not hasattr(x, "shape"):
            raise InputError(
                "A model standardizes features by its training rows, and a stream without end, or "
                "one that can be gone through once, is not all of them: give its rows to "
                "`model.scaling.adapt` first."
            )
        self.scaling.adapt(x)

    # The four hooks of a leaf, and what it may add to them.

    def forward(self, x, y=None, sample_weight=None, training=False) -> dict[str, Any]:
        raise NotImplementedError

    def terms(self, x, y, outputs: Mapping[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def total(self, means: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    def predictions(self, outputs: Mapping[str, Any]) -> Any:
        """What `call` and `predict` return."""
        raise NotImplementedError

    def metric_pairs(self, x, y, y_pred) -> tuple[Any, Any]:
        """Targets and predictions for the metrics given to `compile`."""
        return y, y_pred

    def update_metrics(self, x, y, sample_weight, outputs, y_pred) -> None:
        """Updates the model's own metrics beyond its terms; `y_pred` are its `predictions`."""

    def prepare_labels(self, y: Any) -> Any:
        """The labels as the hooks use them, made once a step."""
        return y

    def take_labels(self, y: Any) -> Any:
        """Labels that a method was given, looked at, as the hooks use them."""
        y = gate.at_hand(y, self.takes_labels(()).expected)
        return self.prepare_labels(gate.take(self.takes_labels(gate.shape_of(y)), y))

    @property
    def player_variables(self) -> list[keras.Variable]:
        """What the players' optimizer moves: all trainable variables but the adversary's."""
        if self.adversary_role is None:
            return self.trainable_variables
        mine = {id(variable) for variable in self.networks[self.adversary_role].variables}
        return [variable for variable in self.trainable_variables if id(variable) not in mine]

    @property
    def moving_variables(self) -> list[keras.Variable]:
        """The variables that the players' half of a step moves: those of the stage, or all."""
        return self.variables_of(self.stage) if self.parts else self.player_variables

    def variables_of(self, part: str) -> list[keras.Variable]:
        """The variables that a stage of this part moves, of those that the players have."""
        raise NotImplementedError

    def begin_stage(self, part: str, after: str) -> None:
        """What else a stage begins with; the first stage of a `fit` begins without it."""

    def augment(self, x, y, training) -> tuple[Any, Any]:
        """Images and labels as a step sees them."""
        if self.augmentation is None:
            return x, y
        if self.augments_labels:
            # It also brings what is only evaluated to the size of the networks.
            return self.augmentation([x, y], training=training)
        return (self.augmentation(x, training=True) if training else x), y

    @property
    def augments_labels(self) -> bool:
        """Whether the augmentation changes images and labels together, as a crop of masks does."""
        return getattr(self.augmentation, "augments_labels", False)

    def adversary_step(self, x, y, sample_weight, outputs, training) -> dict[str, Any]:
        """What moves on the players' outputs before the players do: `MinMaxGame`'s adversary.

        Returns `{name: (values, weights)}` of its terms; nothing in a model of one player.
        """
        return {}

    def forward_after_adversary(self, outputs: Mapping[str, Any], training=False) -> dict[str, Any]:
        """The outputs with what the players compute only after `adversary_step`."""
        return outputs

    # The step.

    def call(self, x, training=False):
        outputs = self.forward(self.scaled(x), training=training)
        return self.predictions(self.forward_after_adversary(outputs, training))

    def train_step(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        clean = gate.as_floats(x)
        x, y = self.augment(clean, y, training=True)
        y = self.prepare_labels(y)
        given = clean if self.rebuilds_clean else x
        scaled = self.scaled(x)
        x, target = scaled, scaled if given is x else self.scaled(given)
        variables = self.moving_variables
        values = [variable.value for variable in variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)  # T7
            outputs = self.forward(x, y, sample_weight, training=True)
            with tape.stop_recording():
                adversary_logs = self.adversary_step(
                    target, y, sample_weight, outputs, training=True
                )
            outputs = self.forward_after_adversary(outputs, training=True)
            loss, weights, logs = self._objective(target, y, sample_weight, outputs)
            scaled_loss = self.optimizer.scale_loss(loss)
        gradients = as_if_summed(tape.gradient(scaled_loss, values), self.optimizer)
        self.optimizer.apply(gradients, variables)
        logs = {**logs, **adversary_logs}
        return self._track(given, y, sample_weight, outputs, loss, weights, logs)

    def test_step(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        x, y = self.augment(gate.as_floats(x), y, training=False)
        y = self.prepare_labels(y)
        given, x = x, self.scaled(x)
        outputs = self.forward(x, y, sample_weight, training=False)
        adversary_logs = self.adversary_step(x, y, sample_weight, outputs, training=False)
        outputs = self.forward_after_adversary(outputs)
        loss, weights, logs = self._objective(x, y, sample_weight, outputs)
        logs = {**logs, **adversary_logs}
        return self._track(given, y, sample_weight, outputs, loss, weights, logs)

    def _objective(self, x, y, sample_weight, outputs):
        """This replica's share of the players' loss (the shares add up to it), and its terms.

        Between them what each row weighs in the loss: as in the terms, where that is one thing.
        """
        means, logs = self.means(self.terms(x, y, outputs), sample_weight)
        players = [self.networks[role] for role in self.roles if role != self.adversary_role]
        weights, *others = [each for _, each in logs.values()]
        if any(each is not weights for each in others):
            weights = tf.ones_like(weights)
        return self.total(means) + regularization_losses(players), weights, logs

    def means(self, terms, sample_weight) -> tuple[dict[str, Any], dict[str, Any]]:
        """This replica's share of each term's mean; and `{name: (values, weights)}` to track."""
        terms = {name: tf.cast(values, "float32") for name, values in terms.items()}
        ones = tf.ones_like(next(iter(terms.values())))
        weight = ones if sample_weight is None else _as_row_weights(sample_weight)
        labeled = tf.cast(weight > 0.0, "float32")
        kinds = [ones, weight, labeled]
        # T4: the sums are taken over the replicas, so that a last batch that the replicas
        # share unevenly is averaged exactly as one replica would.
        sums = sum_over_replicas(tf.stack([tf.reduce_sum(kind) for kind in kinds]))
        means, logs = {}, {}
        for name, values in terms.items():
            weighted = name in self.label_terms or not self.label_terms
            kind = 2 if name in self.real_terms else int(weighted)
            weights, total = kinds[kind], sums[kind]
            means[name] = tf.math.divide_no_nan(tf.reduce_sum(values * weights), total)
            logs[name] = values, weights
        return means, logs

    def _track(self, x, y, sample_weight, outputs, loss, weights, logs):
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        # The tracker averages over replicas, the loss is their sum.
        weight = sum_over_replicas(tf.reduce_sum(weights)) / replicas
        self._loss_tracker.update_state(loss * replicas, sample_weight=weight)
        for tracker in self.term_trackers:
            values, weights = logs[tracker.name]
            tracker.update_state(values, sample_weight=weights)
        y_pred = self.predictions(outputs)
        self.update_metrics(x, y, sample_weight, outputs, y_pred)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        targets, predictions = self.metric_pairs(x, y, y_pred)
        return super().compute_metrics(x, targets, predictions, sample_weight)

    def callbacks_of_fit(self, callbacks):
        # With mode="auto" Keras looks for what is monitored among the metrics of `compile` alone.
        directions = {each.name: getattr(each, "_direction", None) for each in self.metrics}
        for callback in keras.tree.flatten(getattr(callbacks, "callbacks", callbacks or [])):
            direction = directions.get(str(getattr(callback, "monitor", "")).removeprefix("val_"))
            if direction and getattr(callback, "mode", None) == "auto":
                callback.mode = "max" if direction == "up" else "min"
        return with_stages(callbacks) if self.stages else callbacks

    def export(self, filepath, format="tf_saved_model", verbose=None, input_signature=None, **kw):
        if input_signature is None:
            # T10: Keras knows the signature only of a model that it saw called.
            input_signature = [keras.InputSpec(shape=self.input_shape, dtype="float32")]
        return super().export(filepath, format, verbose, input_signature, **kw)

    # T1: compiling and its configuration belong together.

    def compile(self, optimizer="adam", loss=None, loss_weights=None, jit_compile="auto", **kwargs):
        """Compiles the model. The objective is the model's own, so there is no `loss` to give.

        Args:
            optimizer: the players' optimizer; `"adam"` is `zoo.optimizers.FusedAdam`.
            loss: must be left out.
            loss_weights: must be left out.
            jit_compile: `"auto"` compiles with XLA on accelerators only, since on a CPU the
                convolutions are slower with it. A step that several replicas share is never
                compiled: True warns there.
            **kwargs: as for any Keras model (`metrics`, `steps_per_execution`, ...).
        """
        check_objective(type(self).__name__, loss=loss, loss_weights=loss_weights)
        check_metric_names(kwargs, {"loss", *(tracker.name for tracker in self.term_trackers)})
        if optimizer is None:
            raise InputError(
                "A model of the zoo is compiled with an optimizer. Received: optimizer=None."
            )
        self._jit_compile_asked = jit_compile
        kwargs["jit_compile"] = jit_of(jit_compile, self.augmentation)
        kwargs["steps_per_execution"] = steps_of(kwargs.get("steps_per_execution", 1))
        optimizer = get_optimizer(optimizer)
        check_shared(optimizer)
        super().compile(optimizer=optimizer, **kwargs)
        check_owner(self.optimizer, self.player_variables)
        # T2, T3: in the step it would be too late for a reload and for MirroredStrategy.
        self.optimizer.build(self._weights_of_file(0) or self.player_variables)

    def moved(self) -> list[tuple[keras.optimizers.Optimizer, list[keras.Variable]]]:
        """The optimizers, each with what it moves.

        No property: Keras would save them under its name, and not find those of earlier files.
        """
        return [(self.optimizer, self.player_variables)]

    def make_train_function(self, force=False):
        """As Keras's, but made anew where something has been frozen, or is so no more.

        Raises:
            InputError: something that the optimizers were not made for.
        """
        for optimizer, variables in self.moved():
            check_known(optimizer, variables)
        layers = (each for each in self._flatten_layers() if each.trainable)
        learning = frozenset(map(id, [*layers, *self.trainable_variables]))
        force = force or learning != self._learning
        self._learning = learning
        return super().make_train_function(force)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # T52: with the part that one replica has of the first batch. Keras takes the mean of all
        # parts, which may differ in their rows.
        if iterator is not None and self._distribute_strategy is not None:
            for _, _, batches in iterator:
                data_batch = keras.tree.map_structure(
                    lambda part: self.distribute_strategy.experimental_local_results(part)[0],
                    next(batches),
                )
                break
            # T64: Keras chooses the form of a metric by the labels' shape.
            x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data_batch)
            data_batch = x, self.prepare_labels(y), sample_weight
        super()._maybe_symbolic_build(data_batch=data_batch)

    def get_compile_config(self):
        config = super().get_compile_config()
        if not config:
            return config
        # What has been frozen since is moved no more, but keeps its place in the optimizers.
        numbers = {id(variable): i for i, variable in enumerate(self.weights)}
        made_for = [weights_of(optimizer) for optimizer, _ in self.moved()]
        if any(len(own) > len(now) for own, (_, now) in zip(made_for, self.moved(), strict=True)):
            config["weights"] = [[numbers[id(each)] for each in own] for own in made_for]
        # T21: "auto" means the devices it is loaded on, not those it was compiled on.
        return {**config, "jit_compile": self._jit_compile_asked}

    def compile_from_config(self, config):
        config = keras.saving.deserialize_keras_object(config)
        self._weights_in_file = tuple(config.pop("weights", ()))
        self.compile(**config)
        self._weights_in_file = ()

    def _weights_of_file(self, side):
        """What the optimizer of a side was made for, of a model that was frozen after that."""
        places = self._weights_in_file[side] if self._weights_in_file else ()
        return [self.weights[i] for i in places]


def _as_row_weights(sample_weight):
    return tf.reshape(tf.cast(sample_weight, "float32"), [-1])
