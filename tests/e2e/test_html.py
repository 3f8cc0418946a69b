# SPDX-License-Identifier: ISC
"""The page of --format html in a browser: sample reports of every kind."""
import base64
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

KINDS = ["enforcing", "broken", "testing", "absent", "hostile", "null-mx",
         "unknown"]
PAGES = {**{kind: [kind] for kind in KINDS}, "several": KINDS}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage"]

# The contrast of each element that holds text of its own, computed from what
# the browser shows: the colour, and all backgrounds behind it, laid together.
CONTRAST = """
const parse = c => {
    const n = c.match(/[\\d.]+/g).map(Number);
    return n.length < 4 ? [...n, 1] : n;
};
const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3]));
const lum = c => {
    const [r, g, b] = c.slice(0, 3).map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = e => {
    const stack = [];
    for (; e; e = e.parentElement)
        stack.push(parse(getComputedStyle(e).backgroundColor));
    return stack.reverse().reduce(
        (below, c) => [...over(c, below), 1], [255, 255, 255, 1]);
};
const bad = [];
let seen = 0;
for (const e of document.body.querySelectorAll('*')) {
    const has = [...e.childNodes].some(
        n => n.nodeType === 3 && n.textContent.trim() !== '');
    if (!has || !e.checkVisibility())
        continue;
    seen++;
    const back = behind(e);
    const a = lum(over(parse(getComputedStyle(e).color), back)) + 0.05;
    const b = lum(back) + 0.05;
    const ratio = Math.max(a, b) / Math.min(a, b);
    if (ratio < 4.5)
        bad.push([e.tagName, e.className, ratio.toFixed(2),
                  e.textContent.slice(0, 30)]);
}
return [seen, bad];
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The pages, each a file."""
    sample = Path(os.environ["E2E_BUILD"]) / "tests/tools/report-sample"
    with tempfile.TemporaryDirectory() as name:
        for page, kinds in PAGES.items():
            text = subprocess.run([sample, "html", *kinds], check=True,
                                  stdout=subprocess.PIPE).stdout
            Path(name, page + ".html").write_bytes(text)
        yield Path(name)


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with tempfile.TemporaryDirectory() as profile:
        options = Options()
        for flag in [*FLAGS, "--user-data-dir=" + profile]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        it = webdriver.Chrome(options=options,
                              service=Service("/usr/bin/chromedriver"))
        try:
            yield it
        finally:
            it.quit()


def show(browser: webdriver.Chrome, path: Path, width: int,
         scheme: str = "light") -> None:
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 800, "deviceScaleFactor": 1,
        "mobile": False})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": scheme}]})
    browser.get(path.as_uri())


def unfold(browser: webdriver.Chrome) -> None:
    browser.execute_script("for (const d of document.querySelectorAll("
                           "'details')) d.open = true;")


@pytest.mark.parametrize("page", PAGES)
def test_renders(browser: webdriver.Chrome, folder: Path, page: str) -> None:
    show(browser, folder / f"{page}.html", 1000)
    assert browser.title.startswith("MTA-STS of ")
    # what the browser says of its own pages is not about ours
    assert [line for line in browser.get_log("browser")
            if not line["message"].startswith("chrome://")] == []
    assert browser.find_element(By.TAG_NAME, "h1").is_displayed()
    # nothing that a stranger wrote has become an element
    assert browser.find_elements(By.CSS_SELECTOR, "script, a, img, b b") == []
    assert browser.execute_script(
        "return performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [360, 640, 1000])
def test_fits(browser: webdriver.Chrome, folder: Path, page: str,
              width: int) -> None:
    show(browser, folder / f"{page}.html", width)
    unfold(browser)
    assert browser.execute_script(
        "return [...document.body.querySelectorAll('*')].filter("
        "e => e.getBoundingClientRect().right > innerWidth).map("
        "e => e.tagName + '.' + e.className)") == []
    assert browser.execute_script(
        "return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(browser: webdriver.Chrome, folder: Path, page: str,
                  scheme: str) -> None:
    show(browser, folder / f"{page}.html", 1000, scheme)
    unfold(browser)
    seen, bad = browser.execute_script(CONTRAST)
    assert seen > 20
    assert bad == []


@pytest.mark.parametrize("page", ["broken", "several"])
def test_keyboard(browser: webdriver.Chrome, folder: Path, page: str) -> None:
    """Tab reaches each summary in its order, Enter opens it."""
    show(browser, folder / f"{page}.html", 1000)
    unfold(browser)
    count = len(browser.find_elements(By.TAG_NAME, "summary"))
    assert count > 3
    if page == "several":  # by what it is sorted: one stop of the Tab key
        browser.switch_to.active_element.send_keys(Keys.TAB)
        assert browser.switch_to.active_element.get_attribute("id") == \
            "by-given"
    for i in range(count):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        assert browser.execute_script(
            "const a = document.activeElement; return [...document."
            "querySelectorAll('summary')].indexOf(a)") == i
        outline = browser.execute_script(
            "return getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
    summary = browser.switch_to.active_element
    folded = "return document.activeElement.parentElement.open"
    assert browser.execute_script(folded)
    summary.send_keys(Keys.ENTER)
    assert not browser.execute_script(folded)


def test_sorts(browser: webdriver.Chrome, folder: Path) -> None:
    """Each order is another, without any script."""
    show(browser, folder / "several.html", 1000)
    given = list(range(len(KINDS)))
    # As tests/tools/report-sample places them.
    assert shown(browser) == given
    for order, wanted in (("name", given[::-1]),
                          ("label", [*given[-1:], *given[:-1]]),
                          ("given", given)):
        browser.find_element(By.ID, f"by-{order}").click()
        assert shown(browser) == wanted, order
    browser.find_element(By.ID, "by-grade").click()
    worst = [KINDS[at] for at in shown(browser)]
    assert worst == ["absent", "broken", "hostile", "testing", "enforcing",
                     "null-mx", "unknown"]
    browser.find_element(By.ID, "by-urgent").click()
    assert {KINDS[at] for at in shown(browser)[:2]} == {"broken", "hostile"}
    browser.find_element(By.ID, "by-cert").click()
    assert {KINDS[at] for at in shown(browser)[-3:]} == {
        "absent", "null-mx", "unknown"}


def shown(browser: webdriver.Chrome) -> list[int]:
    """The domains, by their place in the page's text, as they are seen."""
    return browser.execute_script(  # type: ignore[no-any-return]
        "const top = e => e.getBoundingClientRect().top;"
        "const d = [...document.querySelectorAll('.domain')];"
        "return d.map((e, i) => [top(e), i]).sort((a, b) => a[0] - b[0])"
        ".map(pair => pair[1]);")


@pytest.mark.parametrize("page", PAGES)
def test_prints(browser: webdriver.Chrome, folder: Path, page: str) -> None:
    show(browser, folder / f"{page}.html", 1000)
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {
        "printBackground": False, "paperWidth": 8.27, "paperHeight": 11.69,
    })["data"])
    assert pdf.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    # each of several domains begins a page, though they are folded
    assert pages >= (len(KINDS) if page == "several" else 1)


def test_for_readers_aloud(browser: webdriver.Chrome, folder: Path) -> None:
    """What a screen reader is told: language, tables' heads, words."""
    show(browser, folder / "broken.html", 1000)
    assert browser.find_element(
        By.TAG_NAME, "html").get_attribute("lang") == "en"
    for cell in browser.find_elements(By.TAG_NAME, "th"):
        assert cell.get_attribute("scope") in ("row", "col")
    for chip in browser.find_elements(By.CSS_SELECTOR, ".chips li"):
        word = chip.get_attribute("class")
        assert word in chip.text
