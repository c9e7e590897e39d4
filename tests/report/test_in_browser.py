"""The report of twelve models in a real browser: on a desktop, on a phone, and in the dark."""

import json
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
from report_pages import make_run, pictures

from zoo.evaluation.reducers import Reduction, write_reductions
from zoo.report import write_report

pytestmark = pytest.mark.full

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

CSS = "css selector"
CHECKS = pathlib.Path(__file__).with_name("browser_checks.js").read_text()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twelve")
    random, labels = np.random.default_rng(0), np.arange(2_000) % 10
    # As smooth as photographs of clothes are.
    images = np.kron(random.random((10, 7, 7)), np.ones((1, 4, 4)))[..., None]
    epochs = np.arange(1, 31)
    runs = []
    for number in range(12):
        centers = 2 * random.normal(size=(10, 16))
        codes = (centers[labels] + random.normal(size=(2_000, 16))).astype("float32")
        arrays = pictures() | {"codes": codes, "labels": labels, "originals": images}
        arrays["code_images"] = np.round(255 * images[labels[::4]]).astype("uint8")
        arrays["class_names"] = np.array([f"kind {label}" for label in range(10)])
        arrays |= {"reconstructions": images**2, "samples": images.repeat(4, 0)}
        terms = ("loss", "val_loss", "reconstruction_loss", "val_reconstruction_loss")
        history = {name: list((1 + number) / epochs) for name in terms}
        seeds = list(range(1 + number % 3))
        scores = {
            "accuracy": list(0.9 + 0.01 * random.normal(size=len(seeds))),
            "reconstruction_error": list(random.random(len(seeds)) / 50),
            **{f"accuracy_blur_{level}": [0.5 + number / 50] * len(seeds) for level in (1, 2)},
        }
        if number % 2:
            scores["separability_accuracy"] = [0.8 + number / 100] * len(seeds)
            scores["probe_accuracy"] = [0.7 + number / 100] * len(seeds)
            noise = 0.02 * random.random((10, 9, 28, 28, 1))
            arrays["traversals"] = (
                images[:, None] * np.linspace(0, 1, 9)[:, None, None, None] + noise
            )
        results = {"seeds": seeds, "parameters": 10**4 * (number + 1), "seconds": 50.0 * number + 9}
        results["overridden"] = {"epochs": 30, "batch_size": 512} if number == 3 else {}
        name = f"a_model_of_number_{number}"
        recipe = {"target": {"reconstruction_error": 0.01}} if number < 3 else {}
        more = {"history": history, "results": results, "recipe": recipe}
        runs.append(make_run(folder / name, name, "clothes", scores, arrays, **more))
    runs.append(make_run(folder / "alone", "ae", "digits", {"psnr": [20.0]}))
    planes = random.normal(size=(2_000, 2)).astype("float32")
    reduced = {
        name: Reduction(planes, labels, 0.5, 1.0, 0.25, ((16, 0.9),)) for name in ("pca", "tsne")
    }
    write_reductions(folder / "reduced.npz", reduced)
    return write_report(runs, folder / "report", {"clothes": folder / "reduced.npz"})


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("No browser here: apt-get install chromium chromium-driver brings one.")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for switch in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        f"user-data-dir={tmp_path_factory.mktemp('browser')}",
    ):
        options.add_argument(f"--{switch}")
    service = webdriver.ChromeService(driver, log_output=subprocess.DEVNULL)
    with webdriver.Chrome(options, service) as browser:
        yield browser


def show(browser, page, width, scheme):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.get(page.as_uri())


@pytest.mark.parametrize(
    ("width", "scheme"), [(1_280, "light"), (1_280, "dark"), (390, "light"), (390, "dark")]
)
def test_nothing_overflows_is_nameless_or_dim(browser, page, width, scheme):
    show(browser, page, width, scheme)
    seen = browser.execute_script(CHECKS + "return look();")
    assert seen["words"] > 300 and seen["marks"] >= 20
    found = {key: seen[key] for key in ("wide", "nameless", "broken", "dim")}
    assert found == {"wide": 0, "nameless": 0, "broken": 0, "dim": []}
    assert browser.get_log("browser") == []


def test_every_column_sorts_and_long_tables_filter(browser, page):
    show(browser, page, 1_280, "light")
    assert browser.execute_script(CHECKS + "return unsorted();") == []
    table = browser.find_element(CSS, ".matrix-of-scores")

    def names():
        links = table.find_elements(CSS, "tbody a")
        return [link.text for link in links if link.is_displayed()]

    button = table.find_element(CSS, "thead button")
    button.send_keys(webdriver.Keys.ENTER)
    assert names()[0] == "a_model_of_number_0"
    button.send_keys(webdriver.Keys.SPACE)
    assert names()[0] == "a_model_of_number_11"
    fields = browser.find_elements(CSS, "input[type=search]")
    assert len(fields) == len(browser.find_elements(CSS, ".matrix"))
    fields[0].send_keys("number_1")
    assert sorted(names()) == [f"a_model_of_number_{n}" for n in (1, 10, 11)]
    fields[0].send_keys(len("number_1") * webdriver.Keys.BACKSPACE)
    assert len(names()) == 12
    assert browser.get_log("browser") == []


def test_pictures_open_large_by_the_keyboard_and_are_saved(browser, page):
    show(browser, page, 1_280, "light")
    plane = browser.find_element(CSS, ".planes img")
    plane.send_keys(webdriver.Keys.ENTER)
    dialog = browser.find_element(CSS, "dialog")
    large, link = (dialog.find_element(CSS, tag) for tag in ("img", "a"))
    assert dialog.is_displayed() and large.get_attribute("alt")
    width = "return arguments[0].naturalWidth"
    assert browser.execute_script(width, large) > browser.execute_script(width, plane)
    assert link.get_attribute("href").startswith("data:image/png;base64,")
    assert link.get_attribute("download").endswith(".png")
    dialog.find_element(CSS, "button").send_keys(webdriver.Keys.ENTER)
    assert not dialog.is_displayed()
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("large", [False, True])
def test_a_pointer_over_a_dot_shows_its_class_and_image(browser, page, large):
    show(browser, page, 1_280, "light")
    browser.execute_script(
        "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
    )
    figure = browser.find_element(CSS, "[data-hover]")
    plane = figure.find_element(CSS, "img")
    if large:
        plane.send_keys(webdriver.Keys.ENTER)
        plane = browser.find_element(CSS, "dialog img")
    found = json.loads(figure.get_attribute("data-hover"))
    right, down, number = found["points"][7]
    # An offset is from the middle.
    offset = [
        round((share / 1000 - 0.5) * plane.size[side])
        for share, side in ((right, "width"), (down, "height"))
    ]
    webdriver.ActionChains(browser).move_to_element_with_offset(plane, *offset).perform()
    tip = browser.find_element(CSS, ".tip")
    assert tip.is_displayed() and tip.text in found["names"]
    seen = tip.find_element(CSS, "i")
    assert seen.size == {"width": 84, "height": 84}
    assert "data:image/jpeg" in seen.value_of_css_property("background-image")
    heading = browser.find_element(CSS, "dialog form" if large else "h1")
    webdriver.ActionChains(browser).move_to_element(heading).perform()
    assert not tip.is_displayed()
    assert browser.get_log("browser") == []


def test_a_page_of_twelve_models_is_small(page):
    assert page.stat().st_size < 3_000_000
