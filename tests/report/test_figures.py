import matplotlib.colors
import numpy as np
from report_pages import holds, pixels

from zoo.report.figures import PALETTE, class_style, learning_curve, mark_epochs, new_axes


def test_classes_differ_in_colour_or_in_shape():
    styles = [class_style(label) for label in range(50)]
    assert len(set(styles)) == 50
    assert len({colour for colour, _, _ in styles[:10]}) == 10
    assert styles[10][0] == styles[0][0] and styles[10][1:] != styles[0][1:]


def test_dark_pictures_have_light_ink():
    def ink(dark):
        rgba = pixels(learning_curve([3.0, 2.0, 1.0], dark=dark))
        grey = (np.ptp(rgba[..., :3], axis=-1) < 0.1) & (rgba[..., 3] > 0.9)
        return rgba[grey][:, :3].mean()

    assert ink(dark=False) < 0.4 and ink(dark=True) > 0.7


def test_validation_is_a_second_line():
    alone = learning_curve([3.0, 2.0, 1.0])
    assert holds(alone, PALETTE[0]) and not holds(alone, PALETTE[6])
    assert holds(learning_curve([3.0, 2.0, 1.0], [3.0, 2.5, 2.0]), PALETTE[0], PALETTE[6])


def test_one_epoch_is_a_visible_point_and_none_is_an_empty_panel():
    def drawn(values):
        blue = matplotlib.colors.to_rgb(PALETTE[0])[2]
        return int((np.abs(pixels(learning_curve(values))[..., 2] - blue) < 0.02).sum())

    assert drawn([1.0]) > drawn([1.0, float("nan"), float("nan")])
    assert not holds(learning_curve([]), PALETTE[0])


def test_an_axis_of_epochs_begins_at_one():
    _, axes = new_axes(3.6, 2.5, False, 100)
    for epochs, ticks in ((1, [1]), (2, [1, 2]), (30, [1, 6, 12, 18, 24, 30])):
        mark_epochs(axes, epochs)
        assert axes.get_xticks().tolist() == ticks
    assert axes.get_xlim() == (1, 30)


def test_resolution_is_in_dots_per_inch():
    assert pixels(learning_curve([1.0, 2.0], resolution=50)).shape[1] == 180
