import matplotlib.colors
import numpy as np
import pytest
from report_pages import holds, pixels, where

from zoo.report.figures import PALETTE
from zoo.report.latent_scatters import (
    explained_variance,
    latent_places,
    latent_scatter,
    project,
    small_scatter,
)


def blobs(classes, code_size, rows=20):
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), rows)
    return labels[:, None] * 3.0 + random.normal(size=(len(labels), code_size)), labels


def test_narrow_codes_stay_as_they_are():
    codes = np.array([[1.0, -2.0], [3.0, 4.0]])
    for size, expected in ((2, ("code 1", "code 2")), (1, ("code 1",))):
        points, names = project(codes[:, :size])
        np.testing.assert_array_equal(points, codes[:, :size])
        assert names == expected


def test_wide_codes_are_projected_on_their_principal_components():
    # Steps of 1 along (1, 2, 2) / 3 and of ±0.5 across it: variances 10 and 1 of 11 in all.
    along = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])[:, None] * np.array([1.0, 2.0, 2.0]) / 3
    side = np.array([1.0, -1.0, 0.0, -1.0, 1.0])[:, None] * np.array([2.0, 1.0, -2.0]) / 3
    points, names = project(5.0 + along + side)
    assert names == ("PC 1 (91 % of variance)", "PC 2 (9 % of variance)")
    np.testing.assert_allclose(np.abs(points).T, [[4, 2, 0, 2, 4], [1, 1, 0, 1, 1]], atol=1e-9)
    assert explained_variance(5.0 + along + side) == pytest.approx(1.0)
    assert np.isnan(explained_variance(points))


def test_codes_that_all_coincide_still_make_a_picture():
    codes, labels = np.ones((6, 4)), np.ones(6, int)
    points, names = project(codes)
    assert np.isfinite(points).all()
    assert names[0] == "PC 1 (0 % of variance)"
    assert holds(latent_scatter(codes, labels, {1: ""}), PALETTE[1])


@pytest.mark.parametrize("draw", [latent_scatter, small_scatter])
def test_scatters_show_each_class_in_its_colour(draw):
    sizes = set()
    for code_size in (1, 2, 5):
        png = draw(*blobs(3, code_size), {0: "a", 1: "b", 2: "c"})
        assert holds(png, *PALETTE[:3]) and not holds(png, PALETTE[4])
        sizes.add(pixels(png).shape)
    # The small ones, which stand among others, are of one size.
    assert draw is latent_scatter or len(sizes) == 1


@pytest.mark.parametrize("code_size", [1, 2])
def test_class_names_are_never_read_as_formulas(code_size):
    pixels(latent_scatter(*blobs(2, code_size), {0: r"$\nosuchcommand{$", 1: "_<b>"}))


def test_many_classes_use_other_shapes_and_no_names():
    codes, labels = blobs(30, 2, rows=4)
    marks = {label: str(label) for label in range(30)}
    assert latent_scatter(codes, labels, marks) == latent_scatter(codes, labels, {})


def test_names_that_meet_are_moved_apart():
    # One cloud for both classes: without moving, one name hides the other.
    labels = np.array([0, 1] * 50)
    codes = np.repeat(np.random.default_rng(0).normal(size=(50, 2)), 2, axis=0)
    both, one = (
        where(latent_scatter(codes, labels, {0: "MMM", 1: second}), "#16181d", 0.9).sum()
        for second in ("MMM", "")
    )
    assert both == pytest.approx(2 * one, rel=0.2)


def test_small_scatter_lays_one_dimension_in_strips_by_class():
    # Labels 3 and 7 with the same codes differ in height alone, the first below.
    codes, labels = np.tile(np.linspace(0, 1, 50), 2)[:, None], np.repeat([3, 7], 50)
    png = small_scatter(codes, labels, {3: "", 7: ""})
    three, seven = (np.nonzero(where(png, PALETTE[label]))[0] for label in (3, 7))
    assert seven.max() < three.min()


def test_resolution_is_in_dots_per_inch():
    marks = {0: "a", 1: "b"}
    assert pixels(latent_scatter(*blobs(2, 2), marks, resolution=50)).shape[1] == 300


@pytest.mark.parametrize("dark", [False, True])
def test_dots_of_every_colour_stand_out_from_the_page(dark):
    page = np.array(matplotlib.colors.to_rgb("#14161a" if dark else "#ffffff"))
    for label in range(10):
        png = pixels(small_scatter(np.zeros((3, 2)), np.full(3, label), {label: ""}, dark))
        colour, opaque = png[..., :3], png[..., 3:]
        on_page = luminance(colour * opaque + page * (1 - opaque))
        light, dim = np.maximum(on_page, luminance(page)), np.minimum(on_page, luminance(page))
        # 3 : 1 is what WCAG 2.1 asks of marks.
        assert ((light + 0.05) / (dim + 0.05)).max() >= 3


def luminance(colour):
    """Relative luminance of sRGB in [0, 1], as WCAG 2.1 has it."""
    linear = np.where(colour <= 0.03928, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("code_size", [1, 2, 5])
def test_places_are_where_the_dots_are(code_size):
    codes = np.zeros((4, code_size))
    codes[0, 0], codes[1:, -1] = 9.0, [1.0, 2.0, 3.0]
    labels = np.array([2, 0, 0, 0])
    marks = {0: "", 2: ""}
    right, down = latent_places(codes, labels, marks)[0]
    png = latent_scatter(codes, labels, marks)
    coloured, (height, width) = np.argwhere(where(png, PALETTE[2])), pixels(png).shape[:2]
    # (rows, columns) of the one dot of its class.
    np.testing.assert_allclose(coloured.mean(axis=0), [down * height, right * width], atol=3)
