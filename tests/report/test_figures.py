import io

import matplotlib.colors
import matplotlib.image
import numpy as np
import pytest

from zoo.report import figures


def pixels(png):
    return matplotlib.image.imread(io.BytesIO(png), format="png")


def holds(png, colour):
    """Whether any pixel of the picture is drawn in that color."""
    rgba = pixels(png)
    near = np.abs(rgba[..., :3] - matplotlib.colors.to_rgb(colour)).max(-1) < 0.03
    return bool((near & (rgba[..., 3] > 0.5)).any())


def blobs(classes, code_size, rows=20):
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), rows)
    return labels[:, None] * 3.0 + random.normal(size=(len(labels), code_size)), labels


def test_classes_differ_in_colour_or_in_shape():
    styles = [figures.class_style(label) for label in range(50)]
    assert len(set(styles)) == 50
    assert len({colour for colour, _, _ in styles[:10]}) == 10
    assert styles[10][0] == styles[0][0] and styles[10][1:] != styles[0][1:]


def test_narrow_codes_stay_as_they_are():
    codes = np.array([[1.0, -2.0], [3.0, 4.0]])
    points, names = figures.project(codes)
    np.testing.assert_array_equal(points, codes)
    assert names == ("code 1", "code 2")
    points, names = figures.project(codes[:, :1])
    np.testing.assert_array_equal(points, codes[:, :1])
    assert names == ("code 1",)


def test_wide_codes_are_projected_on_their_principal_components():
    # Steps of 1 along (1, 2, 2) / 3 and of ±0.5 across it: variances 10 and 1 of 11 in all.
    along = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])[:, None] * np.array([1.0, 2.0, 2.0]) / 3
    side = np.array([1.0, -1.0, 0.0, -1.0, 1.0])[:, None] * np.array([2.0, 1.0, -2.0]) / 3
    points, names = figures.project(5.0 + along + side)
    assert names == ("PC 1 (91 % of variance)", "PC 2 (9 % of variance)")
    np.testing.assert_allclose(np.abs(points[:, 0]), [4, 2, 0, 2, 4], atol=1e-9)
    np.testing.assert_allclose(np.abs(points[:, 1]), [1, 1, 0, 1, 1], atol=1e-9)


def test_codes_that_all_coincide_still_make_a_picture():
    codes, labels = np.ones((6, 4)), np.ones(6, int)
    points, names = figures.project(codes)
    assert np.isfinite(points).all()
    assert names[0] == "PC 1 (0 % of variance)"
    assert holds(figures.latent_scatter(codes, labels, {1: ""}), figures.PALETTE[1])


@pytest.mark.parametrize("code_size", [1, 2, 5])
def test_scatter_shows_each_class_in_its_colour(code_size):
    codes, labels = blobs(3, code_size)
    png = figures.latent_scatter(codes, labels, {0: "a", 1: "b", 2: "c"})
    assert all(holds(png, figures.PALETTE[label]) for label in range(3))
    assert not holds(png, figures.PALETTE[4])


@pytest.mark.parametrize("code_size", [1, 2])
def test_class_names_are_never_read_as_formulas(code_size):
    codes, labels = blobs(2, code_size)
    marks = {0: r"$\nosuchcommand{$", 1: "_<b>"}
    pixels(figures.latent_scatter(codes, labels, marks))


def test_many_classes_use_other_shapes_and_no_names():
    codes, labels = blobs(30, 2, rows=4)
    marks = {label: str(label) for label in range(30)}
    named = figures.latent_scatter(codes, labels, marks)
    assert named == figures.latent_scatter(codes, labels, {})


def test_names_that_meet_are_moved_apart():
    # One cloud for both classes: without moving, one name hides the other.
    labels = np.array([0, 1] * 50)
    codes = np.repeat(np.random.default_rng(0).normal(size=(50, 2)), 2, axis=0)
    both = pixels(figures.latent_scatter(codes, labels, {0: "MMM", 1: "MMM"}))
    one = pixels(figures.latent_scatter(codes, labels, {0: "MMM", 1: ""}))
    ink = matplotlib.colors.to_rgb("#16181d")
    count = [
        int(((np.abs(p[..., :3] - ink).max(-1) < 0.02) & (p[..., 3] > 0.9)).sum())
        for p in (both, one)
    ]
    assert count[0] == pytest.approx(2 * count[1], rel=0.2)


def test_dark_pictures_have_light_ink():
    values = [3.0, 2.0, 1.0]
    light, dark = (pixels(figures.learning_curve(values, dark=dark)) for dark in (False, True))

    def ink(rgba):
        grey = (np.ptp(rgba[..., :3], axis=-1) < 0.1) & (rgba[..., 3] > 0.9)
        return rgba[grey][:, :3].mean()

    assert ink(light) < 0.4 and ink(dark) > 0.7


def test_validation_is_a_second_line():
    train, validation = figures.PALETTE[0], figures.PALETTE[6]
    alone = figures.learning_curve([3.0, 2.0, 1.0])
    both = figures.learning_curve([3.0, 2.0, 1.0], [3.0, 2.5, 2.0])
    assert holds(alone, train) and not holds(alone, validation)
    assert holds(both, train) and holds(both, validation)


def test_one_epoch_is_a_visible_point_and_none_is_an_empty_panel():
    def drawn(png):
        return int((np.abs(pixels(png)[..., 2] - 0.855) < 0.02).sum())

    many = figures.learning_curve([1.0, float("nan"), float("nan")])
    assert drawn(figures.learning_curve([1.0])) > drawn(many)
    assert not holds(figures.learning_curve([]), figures.PALETTE[0])


@pytest.mark.parametrize("code_size", [1, 2, 5])
def test_small_scatter_shows_each_class_in_its_colour(code_size):
    codes, labels = blobs(3, code_size)
    png = figures.small_scatter(codes, labels, {0: "a", 1: "b", 2: "c"})
    assert all(holds(png, figures.PALETTE[label]) for label in range(3))
    assert not holds(png, figures.PALETTE[4])


def test_small_scatters_are_of_one_size():
    sizes = {
        pixels(figures.small_scatter(*blobs(3, code_size), {0: "a", 1: "b", 2: "c"})).shape
        for code_size in (1, 2, 5)
    }
    assert len(sizes) == 1


def test_small_scatter_lays_one_dimension_in_strips_by_class():
    # Labels 3 and 7 with the same codes differ in height alone, the first below.
    codes, labels = np.tile(np.linspace(0, 1, 50), 2)[:, None], np.repeat([3, 7], 50)
    rgba = pixels(figures.small_scatter(codes, labels, {3: "", 7: ""}))
    height = [
        np.nonzero(
            (
                np.abs(rgba[..., :3] - matplotlib.colors.to_rgb(figures.PALETTE[label])).max(-1)
                < 0.03
            )
            & (rgba[..., 3] > 0.5)
        )[0]
        for label in (3, 7)
    ]
    assert height[1].max() < height[0].min()


def test_resolution_is_in_dots_per_inch():
    codes, labels = blobs(2, 2)
    marks = {0: "a", 1: "b"}
    assert pixels(figures.latent_scatter(codes, labels, marks, resolution=50)).shape[1] == 300
    assert pixels(figures.learning_curve([1.0, 2.0], resolution=50)).shape[1] == 180
