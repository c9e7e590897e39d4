"""zoo/published.py: a few numbers, read off the slides and papers."""

from zoo.published import published, published_fields


def test_published_numbers_are_those_of_the_slides():
    found = published("SE (co)", "fashion_mnist")
    assert found == {"separability_accuracy": 0.9257, "reconstruction_error": 0.0129}
    assert published("DAE", "cifar10")["separability_accuracy"] == 0.3093
    assert published("SE (co)", "digits") == {}
    fields = published_fields("SE (co)", "digits")
    assert fields == {"system": "SE (co)", "target": {}, "source": ""}
    assert published_fields("FCN", "weizmann_horse", title="Ours") == {
        "system": "Ours", "target": {"mean_iou": 0.7856}, "source": "Gygli et al. 2017",
    }  # fmt: skip
