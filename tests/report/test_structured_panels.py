import numpy as np
import pytest
from report_pages import label_sets, masks, page_of, pixels

from zoo.report import structured_panels
from zoo.report.image_grids import banded_grid, image_sheet
from zoo.report.structured_panels import over_images, refined_masks

COLOUR = np.array(structured_panels.MASK_COLOUR)


def without(arrays, *keys):
    return {key: value for key, value in arrays.items() if key not in keys}


def test_no_mask_leaves_the_image_alone():
    images = np.random.default_rng(0).random((2, 4, 4, 3))
    np.testing.assert_allclose(over_images(images, np.zeros((2, 4, 4, 1)), tile=4), images)


def test_tint_is_as_strong_as_the_mask():
    soft = np.full((1, 4, 4, 1), 0.4)
    share = structured_panels.TINT * 0.4
    laid = over_images(np.full((1, 4, 4, 3), 0.5), soft, tile=4)
    np.testing.assert_allclose(laid[0, 2, 2], (1 - share) * 0.5 + share * COLOUR)


def test_outline_is_the_border_of_the_mask_inside_of_it():
    mask = np.zeros((1, 6, 6, 1))
    mask[0, 1:5, 1:5] = 0.9
    laid = over_images(np.zeros((1, 6, 6, 1)), mask, tile=6)
    outlined = (laid == COLOUR).all(-1)[0]
    ring = np.pad(np.pad(np.zeros((2, 2), bool), 1, constant_values=True), 1)
    np.testing.assert_array_equal(outlined, ring)
    # Inside of the ring is the tint of 0.9 on black, outside nothing.
    np.testing.assert_allclose(laid[0, 2, 2], structured_panels.TINT * 0.9 * COLOUR)
    assert not laid[0, 0].any()
    # It does not follow the border of the image.
    laid = over_images(np.zeros((1, 4, 4, 3)), np.ones((1, 4, 4, 1)), tile=4)
    assert not (laid == COLOUR).all(-1).any()


@pytest.mark.parametrize("bad", [np.nan, -1.0])
def test_what_is_no_mask_tints_nothing(bad):
    laid = over_images(np.full((1, 2, 2, 1), 0.25), np.full((1, 2, 2, 1), bad), tile=2)
    np.testing.assert_allclose(laid, 0.25)


def test_refined_masks_have_a_row_for_each_step_and_the_true_masks_below():
    arrays = masks(images=3, steps=3, size=6)
    refined = refined_masks(arrays)
    assert [row["name"] for row in refined["rows"]] == ["step 0", "step 2", "step 4", "true masks"]
    assert refined["middle"] and refined["true"]
    # The middle 6 by 6 of 8 by 8 begins at 1.
    true = arrays["true_masks"][:, 1:7, 1:7]
    shown = [*arrays["mask_steps"], true]
    for row, mask in zip(refined["rows"], shown, strict=True):
        laid = over_images(arrays["mask_originals"], mask)
        np.testing.assert_array_equal(pixels(row["image"]), pixels(image_sheet(laid, columns=3)))


def test_refined_masks_of_whole_images_without_true_ones():
    arrays = masks(images=2, steps=1, size=8)
    assert not refined_masks(arrays)["middle"]
    refined = refined_masks(without(arrays, "true_masks", "predicted_masks"))
    assert [row["name"] for row in refined["rows"]] == ["step 0"]
    assert not refined["true"] and not refined["middle"]


def test_as_many_masks_as_a_row_holds():
    arrays = masks(images=12)
    wide = pixels(refined_masks(arrays)["rows"][0]["image"]).shape[1]
    # 6 pixels are enlarged 18 times to 108, with gaps of a sixteenth of that.
    assert wide == 8 * 108 + 7 * 6
    assert structured_panels.shown_masks(arrays)[2].shape[0] == 8
    assert structured_panels.masks(arrays)["count"] == 12


def test_sheet_has_images_above_true_and_predicted_masks():
    arrays = masks(images=7)
    rows = [arrays[key] for key in ("originals", "true_masks", "predicted_masks")]
    sheet = pixels(structured_panels.masks(arrays)["image"])
    np.testing.assert_array_equal(sheet, pixels(banded_grid(rows, columns=6)))
    # It needs all three.
    for missing in ("originals", "true_masks", "predicted_masks"):
        assert structured_panels.masks(without(arrays, missing)) is None


@pytest.mark.parametrize(
    ("missing", "titles", "heading"),
    [
        ((), 3, "Inference and threshold"),
        (("step_f1", "step_energies"), 1, "Threshold"),
        (("thresholds", "threshold_f1"), 2, "Inference"),
        (("step_energies", "thresholds", "threshold_f1"), 1, "Inference"),
        (tuple(label_sets()), 0, None),
    ],
)
def test_charts_of_what_there_is(tmp_path, missing, titles, heading):
    scores = {"example_f1": [0.5], "threshold": [0.25]}
    page = page_of(tmp_path, name="spen", scores=scores, arrays=without(label_sets(), *missing))
    assert len(page.text.get("figcaption", [])) == titles
    # Each in light and in dark.
    addresses = {each["src"] for each in page.find("img")}
    addresses |= {each["srcset"] for each in page.find("source")}
    assert len(addresses) == 2 * titles
    assert page.text["h3"][1:] == ([heading] if heading else [])
    told = any("the marked one, 0.25" in text for text in page.text["p"])
    assert told == ("thresholds" not in missing)


def test_pictures_are_those_of_the_first_seed():
    arrays = label_sets()
    two, one = (structured_panels.label_sets(arrays, each) for each in ([0.25, 0.5], [0.25]))
    assert two == one and two["chosen"] == "0.25"
    assert structured_panels.label_sets(arrays, [0.5])["charts"][2] != one["charts"][2]
    assert structured_panels.label_sets(arrays, None)["chosen"] == ""


@pytest.mark.parametrize("images", [1, 3])
def test_page_of_masks(tmp_path, images):
    page = page_of(tmp_path, name="dvn", scores={"mean_iou": [0.5]}, arrays=masks(images))
    assert page.text["h3"][1:] == ["Masks", "Masks as they are refined"]
    # The sheet, three steps and the true masks.
    assert len(page.find("img")) == 5
    assert all(each["alt"] for each in page.find("img"))
    assert any("the middle of each test image" in text for text in page.text["p"])


def test_pages_without_refined_masks_and_without_pictures(tmp_path):
    page = page_of(tmp_path, name="fcn", scores={"mean_iou": [0.5]}, arrays=masks(2, steps=0))
    assert page.text["h3"][1:] == ["Masks"]
    page = page_of(tmp_path / "bare", name="spen", scores={"example_f1": [0.5]})
    assert page.find("img") == [] and len(page.text["h3"]) == 1


def test_label_sets_are_rows_and_masks_are_images(tmp_path):
    page = page_of(tmp_path / "a", name="spen", scores={"example_f1": [0.5], "threshold": [0.5]})
    assert page.facts["Speed"] == "2,432 rows/s"
    assert "better" not in page.facts["Threshold"]
    text = " ".join(part for tag in ("p", "dd", "td", "th", "h2") for part in page.text[tag])
    assert "image" not in text
    page = page_of(tmp_path / "b", name="fcn", scores={"mean_iou": [0.5]})
    assert page.facts["Speed"] == "2,432 images/s"
