import numpy as np
import pytest
from report_pages import pixels

from zoo.report.image_grids import banded_grid, image_sheet, reconstruction_grid


def images_of(shades, *shape):
    return np.multiply.outer(shades, np.ones(shape))


def test_grid_lays_each_reconstruction_below_its_original():
    shades = images_of([[0.2, 0.4], [0.6, 0.8]], 4, 4, 1)
    sheet = np.round(255 * pixels(reconstruction_grid(*shades)))
    # 4 pixels are enlarged 28 times to 112; the gap is a sixteenth of that.
    assert sheet.shape == (2 * 112 + 7, 2 * 112 + 7, 4)
    corners = sheet[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.tolist() == [[grey] * 3 + [255] for grey in (51, 102, 153, 204)]
    assert sheet[115, 0, 3] == 0 and sheet[0, 115, 3] == 0


def test_grid_breaks_into_pairs_of_rows():
    images = np.zeros((5, 8, 8, 1))
    sheet = pixels(reconstruction_grid(images, images, columns=2))
    # Three pairs of rows of 2 * 112 + 7, three gaps between pairs; the sixth place stays empty.
    assert sheet.shape == (3 * 231 + 2 * 21, 2 * 112 + 7, 4)
    assert sheet[-1, 0, 3] == 1 and sheet[-1, -1, 3] == 0


def test_bands_have_as_many_rows_as_are_given():
    shades = images_of([[shade] * 3 for shade in (0.2, 0.4, 0.6)], 4, 4, 1)
    sheet = np.round(255 * pixels(banded_grid(shades, columns=2)))
    # Three rows of 112 with gaps of 7 between, twice, and three gaps between the bands.
    assert sheet.shape == (2 * (3 * 112 + 2 * 7) + 3 * 7, 2 * 112 + 7, 4)
    tops = [0, 119, 238]
    assert [sheet[top, 0, 0] for top in tops] == [51, 102, 153]
    assert [sheet[371 + top, 0, 0] for top in tops] == [51, 102, 153]
    assert not sheet[112:119, :, 3].any() and not sheet[350:371, :, 3].any()
    assert not sheet[371:, 119:, 3].any()


def test_grid_keeps_colour_and_clips():
    images = np.zeros((1, 112, 112, 3))
    images[..., 0], images[..., 1] = 2.0, -1.0
    images[0, 0, 0] = np.nan
    sheet = pixels(reconstruction_grid(images, images))
    assert sheet[5, 5].tolist() == [1.0, 0.0, 0.0, 1.0]
    assert sheet[0, 0].tolist() == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_grid_of_large_images_is_thinned(channels):
    images = np.ones((3, 448, 224, channels), "float32")
    assert pixels(reconstruction_grid(images, images)).shape[1] == 3 * 112 + 2 * 7


def test_sheet_is_filled_row_by_row():
    images = images_of(np.linspace(0.0, 1.0, 6)[:5], 8, 8, 1)
    sheet = np.round(255 * pixels(image_sheet(images, columns=3, tile=16)))
    # 8 pixels are enlarged twice; the gap is at least 2.
    assert sheet.shape == (2 * 16 + 2, 3 * 16 + 2 * 2, 4)
    places = [(0, 0), (0, 18), (0, 36), (18, 0), (18, 18)]
    assert [sheet[place][0] for place in places] == [0, 51, 102, 153, 204]
    # The last row is short, and the page shows through there and between images.
    assert sheet[18, 36, 3] == 0 and sheet[17, 0, 3] == 0 and sheet[0, 17, 3] == 0


@pytest.mark.parametrize(
    ("count", "side", "columns", "tile", "width"),
    [
        # Fewer images than columns make a sheet as wide as they are.
        (2, 4, 9, 4, 10),
        # By whole numbers only: 32 pixels fit 2 times into 84, of 200 every second is left.
        (1, 32, 1, 84, 64),
        (1, 200, 1, 84, 100),
    ],
)
def test_width_of_a_sheet(count, side, columns, tile, width):
    sheet = pixels(image_sheet(np.zeros((count, side, side, 3)), columns, tile))
    assert sheet.shape == (width if count == 1 else 4, width, 4)
