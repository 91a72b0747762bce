"""The memo's page in a real browser, scripts off, offline: text and picture are visible in either language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listing.making import firms, listed, office_workbook

CHROMIUM = Path("/usr/bin/chromium")
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.is_file(), reason="no Chromium on this machine"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"]
TOLD = {
    "zh": ("firms-评估简报.html", ["总体结果", "起决定作用的条件", "未采用与存疑"], "共评估12家企业", "不符合"),
    "en": (
        "firms-memo.html",
        ["Outcomes", "Which conditions bind", "Set aside or doubted"],
        "12 firms were judged",
        "not eligible",
    ),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module", params=sorted(TOLD))
def memo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp(f"memo-{request.param}")
    listed(office_workbook(folder / "firms.xlsx", firms(12)), folder / "out", language=request.param)
    return request.param, folder / "out" / TOLD[request.param][0]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_read_without_scripts_and_without_a_network(browser: Any, memo: tuple[str, Path], width: int) -> None:
    language, path = memo
    _, headings, sentence, outcome = TOLD[language]
    context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 900}, offline=True)
    page, messages, requests = context.new_page(), list[str](), list[str]()
    page.on("console", lambda message: messages.append(message.text))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert page.locator(f"main.{language}").is_visible()
    for heading in headings:
        assert page.get_by_role("heading", name=heading).is_visible()
    assert page.get_by_text(sentence).first.is_visible()
    assert page.get_by_role("cell", name=outcome, exact=True).first.is_visible()
    box = page.locator("figure svg").first.bounding_box()
    assert box["width"] > 200
    assert box["height"] > 20
    assert messages == []
    assert requests == [path.as_uri()]
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_at_the_side(browser: Any, memo: tuple[str, Path], width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    page.goto(memo[1].as_uri())
    content, window = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert content <= window
    context.close()
