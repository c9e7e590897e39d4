"""zoo/report/model_picture.py: which terms move which networks, and the picture of it."""

import numpy as np
import pytest

import zoo
from zoo.report.model_picture import moved_by_terms

X, Y = np.full((4, 8, 8, 1), 0.5, "float32"), np.array([0, 1, 2, 1])


def tiny(name, **arguments):
    return zoo.create_model(name, input_shape=(8, 8, 1), **arguments)


def test_each_side_of_a_game_is_moved_by_its_own_terms(tmp_path):
    model = tiny("se_nc", num_classes=3, size=(4,), code_size=2)
    assert moved_by_terms(model, X, Y) == {
        "separability_loss": ["encoder", "separator"],
        "reconstruction_loss": ["encoder", "decoder"],
        "adversarial_loss": ["encoder", "separator"],
        "discriminator_real_loss": ["discriminator"],
        "discriminator_fake_loss": ["discriminator"],
    }
    before = [each.numpy() for each in model.variables]
    figure = zoo.plot_model(model, X, Y, tmp_path / "model.png")
    texts = [each.get_text().partition("\n")[0] for each in figure.axes[0].texts]
    assert texts[:4] == list(model.networks) and len(texts) == 4 + 5
    assert len(figure.axes[0].lines) == 2 + 2 + 2 + 1 + 1
    assert (tmp_path / "model.png").read_bytes().startswith(b"\x89PNG")
    for old, new in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


def test_terms_of_each_part_are_found_and_the_stage_stays():
    model, stage = tiny("m1m2", num_classes=3), "classes"
    model.stage = stage
    assert moved_by_terms(model, X, Y) == {
        "classification_loss": ["separator"],
        "bound_loss": ["encoder", "decoder"],
        "reconstruction_loss": ["image_encoder", "image_decoder"],
        "kl_loss": ["image_encoder"],
    }
    assert model.stage == stage


def test_a_model_of_crops_takes_images_as_fit_does():
    model = zoo.create_model("fcn", input_shape=(12, 12, 3), crop_size=8, filters=(2, 2))
    x = np.full((2, 12, 12, 3), 0.5, "float32")
    assert moved_by_terms(model, x, x[..., :1].round()) == {"segmentation_loss": ["segmenter"]}


def test_a_model_without_labels_and_what_is_none():
    ae = tiny("ae", size=(4,), code_size=2)
    moved = {"reconstruction_loss": ["encoder", "decoder"]}
    assert moved_by_terms(ae, X) == moved_by_terms(ae, X, Y) == moved
    with pytest.raises(zoo.InputError, match="Received: str"):
        zoo.plot_model("se_nc", X)
