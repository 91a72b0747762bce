"""The report in a real browser, scripts off, as an officer opens it: both languages, wide and narrow, nothing fetched."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.is_file(), reason="no Chromium on this machine"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"]
OVERFLOW = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=ARGUMENTS)
        yield opened
        opened.close()


class Seen:
    """What a page said and asked for while it was open."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.messages: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))


def opened(browser: Any, report: Path, width: int, scripts: bool = False) -> Iterator[Seen]:
    context = browser.new_context(java_script_enabled=scripts, viewport={"width": width, "height": 900}, offline=True)
    seen = Seen(context.new_page())
    seen.page.goto(report.as_uri())
    yield seen
    context.close()


@pytest.fixture(params=[390, 1280])
def seen(browser: Any, report: Path, request: pytest.FixtureRequest) -> Iterator[Seen]:
    yield from opened(browser, report, request.param)


def test_the_page_is_read_and_switched_without_scripts_and_without_a_network(seen: Seen, report: Path) -> None:
    page = seen.page
    assert (page.locator("main.zh").is_visible(), page.locator("main.en").is_visible()) == (True, False)
    assert page.get_by_role("heading", name="总体结果").is_visible()
    page.get_by_label("English").check()
    assert (page.locator("main.zh").is_visible(), page.locator("main.en").is_visible()) == (False, True)
    assert page.get_by_role("heading", name="Outcomes").is_visible()
    page.get_by_label("中文").check()
    assert (page.locator("main.zh").is_visible(), page.locator("main.en").is_visible()) == (True, False)
    table = page.locator("#zh-funnel table")
    assert not table.is_visible()
    page.locator("#zh-funnel summary").click()
    assert table.is_visible()
    assert seen.messages == []
    assert seen.requests == [report.as_uri()]


def test_pictures_are_drawn_and_not_blank(seen: Seen) -> None:
    box = seen.page.locator("main.zh figure svg").first.bounding_box()
    assert box is not None
    assert box["width"] > 200
    assert box["height"] > 20


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_at_the_side(browser: Any, report: Path, width: int) -> None:
    """Scripts are on here only so that the test can measure; every table is opened first."""
    for seen in opened(browser, report, width, scripts=True):
        for language in ("zh", "en"):
            seen.page.locator(f"#in-{language}").check()
            seen.page.locator(f"main.{language} summary").evaluate_all("all => all.forEach(each => each.click())")
            content, window = seen.page.evaluate(OVERFLOW)
            assert content <= window
        assert seen.messages == []
        assert len(seen.requests) == 1


def test_the_language_is_switched_by_the_keyboard_alone(seen: Seen) -> None:
    page = seen.page
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.locator("main.en").is_visible()
