"""The commands of supply networks: what they print, as JSON too, the pages; every mistake is one sentence with its mend."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from criticality.making import FIRMS, make_worked, write_csv, write_links, write_supply
from register.making import Answer, Command, once

YEAR = ("--year", "2025")
COMMANDS = ("criticality", "firm", "chokepoints", "shock", "missing", "coverage", "sectors")
SHOCK = {
    "format": 1,
    "shock": "controls",
    "title": {"zh": "出口管制演练", "en": "An export control (exercise)"},
    "reason": {"zh": "演练", "en": "exercise"},
    "hits": [{"product": "lithography", "countries": ["NLD", "JPN"]}],
    "recovery": [1.0, 0.5, 0.0],
    "second_source": {"product": "lithography", "country": "NLD", "share": 0.5},
}
TABLE = """from,to,origin,value
C35,C35,domestic,10
C35,C39,domestic,20
C39,C35,domestic,30
C39,C39,domestic,10
C39,C39,imported,10
C35,C35,imported,5
C35,output,domestic,100
C39,output,domestic,80
"""


@pytest.fixture(scope="session")
def supply(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a register, a supply file and all it names, a shock and a sector table; not to be written into."""

    def make(folder: Path) -> None:
        make_worked(folder)
        (folder / "shock.yaml").write_text(json.dumps(SHOCK, ensure_ascii=False), encoding="utf-8")
        (folder / "table.csv").write_text(TABLE, encoding="utf-8")
        write_csv(folder / "map.csv", "register,table", [("C35", "C35"), ("C39", "C39"), ("C34", "C35"), ("C26", "")])

    return once(tmp_path_factory, "cli-supply", make)


@pytest.fixture
def call(littlegiant: Command, supply: Path) -> Command:
    """The command with names of files in capitals filled in."""
    names = {
        "SUPPLY": supply / "supply.yaml",
        "SHOCK": supply / "shock.yaml",
        "TABLE": supply / "table.csv",
        "MAP": supply / "map.csv",
        "REGISTER": supply / "register",
    }

    def run(*words: object) -> Answer:
        return littlegiant("supply", *(names.get(str(word), word) for word in words))

    return run


@pytest.fixture(scope="session")
def firms(supply: Path) -> list[str]:
    """Two firms with links, then one without."""
    links = pq.read_table(supply / "register/links.parquet")
    linked = {*links["supplier"].to_pylist(), *links["buyer"].to_pylist()}
    alone = next(firm for firm in pq.read_table(supply / "register/firms.parquet")["firm"].to_pylist() if firm not in linked)
    return [*sorted(linked)[:2], alone]


FIRM = ("--register", "REGISTER", *YEAR)
ANSWERS = {
    "criticality": ("criticality", "SUPPLY", *FIRM),
    "criticality of a firm": ("criticality", "SUPPLY", *FIRM, "--firm", "SYN000000000000002", "--threads", "1"),
    "chokepoints": ("chokepoints", "SUPPLY"),
    "chokepoints with firms": ("chokepoints", "SUPPLY", *FIRM, "--product", "P4"),
    "shock": ("shock", "SUPPLY", "SHOCK", *FIRM),
    "missing": ("missing", "SUPPLY", *FIRM, "--top", "2"),
    "coverage": ("coverage", "SUPPLY", *FIRM),
    "sectors": ("sectors", "TABLE"),
    "drawn": ("sectors", "TABLE", *FIRM, "--map", "MAP", "--links", "600", "--seed", "3"),
}
ELEMENTS = {
    "criticality": ["risk", "chokepoints", "stages", "missing", "coverage"],
    "criticality of a firm": ["risk", "chokepoints", "stages", "missing", "coverage", "firm"],
    "chokepoints": ["chokepoints", "stages"],
    "chokepoints with firms": ["chokepoints", "stages", "readiness"],
    "shock": ["shock", "shock_sector", "shock_region", "losers", "paths"],
    "missing": ["missing"],
    "coverage": ["coverage"],
    "sectors": ["sectors"],
    "drawn": ["sectors", "drawn"],
}


def strict(text: str) -> Any:
    """Read JSON as others do: without NaN."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("name", ANSWERS)
def test_every_command_answers_in_words_and_as_json(call: Command, name: str) -> None:
    spoken = call(*ANSWERS[name])
    assert spoken.code == 0, spoken.err
    assert spoken.out.strip()
    assert "Traceback" not in spoken.err
    answer = call(*ANSWERS[name], "--json")
    assert answer.code == 0, answer.err
    found = strict(answer.out)
    assert [each.partition("-")[0] for each in found] == ELEMENTS[name]
    assert all(isinstance(row, dict) for rows in found.values() for row in rows)


class Whole(HTMLParser):
    """Counts what opens and closes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [str(value) for key, value in attrs if key == "id" and tag == "section"]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", [name for name in ANSWERS if name not in ("criticality", "chokepoints", "sectors")])
def test_pages_are_written_whole(call: Command, tmp_path: Path, name: str, language: str) -> None:
    page = tmp_path / "pages" / f"{name}.html"
    done = call(*ANSWERS[name], "--out", page, "--language", language)
    assert done.code == 0, done.err
    text = page.read_text(encoding="utf-8")
    assert text.endswith("</html>\n")
    assert [path.name for path in page.parent.iterdir()] == [page.name]
    if "REGISTER" in ANSWERS[name]:
        assert ("虚构" if language == "zh" else "is invented") in text, "what is invented says so"
    if name != "drawn":
        assert ("不得公开" if language == "zh" else "Restricted") in text
    if name.startswith(("criticality", "chokepoints")):
        assert "<svg" in text


def test_json_and_a_page_at_once(call: Command, tmp_path: Path) -> None:
    done = call("coverage", "SUPPLY", *FIRM, "--json", "--out", tmp_path / "page.html")
    assert done.code == 0
    assert strict(done.out), "what is printed is JSON and nothing else"


def test_a_table_of_firms_is_written(call: Command, tmp_path: Path) -> None:
    done = call("criticality", "SUPPLY", *FIRM, "--table", tmp_path / "criticality.parquet", "--json")
    assert done.code == 0, done.err
    strict(done.out)
    assert pq.read_table(tmp_path / "criticality.parquet").num_rows == FIRMS


def test_every_firm_named_is_shown(call: Command, firms: list[str], tmp_path: Path) -> None:
    words = ("criticality", "SUPPLY", *FIRM, *(part for firm in firms for part in ("--firm", firm)))
    done = call(*words)
    assert done.code == 0, done.err
    for firm in firms:
        assert f"{firm} in its supply network" in done.out
    page = tmp_path / "page.html"
    found = strict(call(*words, "--json", "--out", page).out.partition("\n" + str(page))[0])
    assert len([name for name in found if name.startswith("firm")]) == len(firms), "one element a firm"
    reader = Whole()
    reader.feed(page.read_text(encoding="utf-8"))
    assert len(reader.ids) == len(set(reader.ids))


def test_a_network_is_kept_and_asked_for_one_firm(call: Command, firms: list[str], tmp_path: Path) -> None:
    network = tmp_path / "network"
    rows = strict(call("criticality", "SUPPLY", *FIRM, "--keep", network, "--firm", firms[0], "--json").out)
    assert rows
    done = call("firm", network, firms[0])
    assert done.code == 0, done.err
    assert f"{firms[0]}: " in done.out
    found = strict(call("firm", network, firms[0], "--json").out)
    assert found["firm"] == firms[0]
    assert 0 < found["esri"] <= 1
    assert found["esri"] >= max(found["downstream"], found["upstream"]) - 1e-12
    assert call("firm", network, "nobody").code == 2
    assert call("firm", tmp_path, firms[0]).code == 2
    silent = call("firm", network, firms[2])
    assert "0.0000%" not in silent.out, "nothing is known of a firm without links, which is not zero"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("criticality", "SUPPLY", *FIRM, "--firm", "nobody"), "no firm 'nobody'"),
        (("criticality", "none.yaml", *FIRM), "none.yaml"),
        (("criticality", "SUPPLY", "--register", "none", *YEAR), "no register"),
        (("criticality", "SUPPLY", "--register", "REGISTER", "--year", "2024"), "no link of 2024"),
        (("criticality", "SUPPLY", *FIRM, "--language", "de"), "zh or en"),
        (("criticality", "SUPPLY", *FIRM, "--pack", "us"), "no fact 'class_one_rights'"),
        (("criticality", "SUPPLY", *FIRM, "--pack", "xx"), "xx"),
        (("criticality", "SUPPLY", *FIRM, "--spark", "local[1]"), "--keep"),
        (("criticality", "TABLE", *FIRM), "table.csv"),
        (("chokepoints", "SUPPLY", "--product", "P44"), "Did you mean"),
        (("chokepoints", "SUPPLY", "--language", "de"), "zh or en"),
        (("shock", "SUPPLY", "none.yaml", *FIRM), "none.yaml"),
        (("shock", "SUPPLY", "SUPPLY", *FIRM), "shock"),
        (("shock", "SUPPLY", "SHOCK", *FIRM, "--firm", "nobody"), "no firm 'nobody'"),
        (("missing", "SUPPLY", *FIRM, "--top", "0"), "--top"),
        (("missing", "SUPPLY", *FIRM, "--threads", "0"), "--threads"),
        (("coverage", "SUPPLY", *FIRM, "--language", "de"), "zh or en"),
        (("sectors", "none.csv"), "no such file"),
        (("sectors", "MAP"), "no column"),
        (("sectors", "TABLE", *FIRM), "--map"),
        (("sectors", "TABLE", "--register", "REGISTER", "--map", "MAP"), "--year"),
        (("sectors", "TABLE", *FIRM, "--map", "MAP", "--draws", "1"), "--draws"),
        (("firm", "none", "SYN000000000000002"), "no network kept there"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(call: Command, words: tuple[str, ...], told: str) -> None:
    done = call(*words)
    assert done.code == 2
    assert told in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert done.out == ""


@pytest.fixture
def bare(littlegiant: Command, supply: Path, tmp_path: Path) -> Command:
    """The command with a supply file that knows no more than the key links and which firm makes what."""
    write_csv(tmp_path / "made.csv", "firm,product,share", [("SYN000000000000002", "滚珠丝杠", "0.5")])
    path = write_supply(tmp_path, links=None, essentiality=None, accounts=None, firm_products="made.csv", catalogue="key-links")

    def run(name: str, *words: object) -> Answer:
        return littlegiant("supply", name, path, *words, "--register", supply / "register", *YEAR)

    return run


def test_a_file_without_links_says_what_is_lacking(bare: Command, supply: Path) -> None:
    for name, words, told in (
        ("shock", (supply / "shock.yaml",), "no links between firms"),
        ("missing", (), "no links between firms"),
        ("chokepoints", (), "no `dependence:`"),
    ):
        done = bare(name, *words)
        assert (done.code, told in done.err) == (2, True), done.err


def test_a_file_with_products_only_says_something_or_what_is_lacking(bare: Command, tmp_path: Path) -> None:
    done = bare("criticality")
    assert done.code in (0, 2)
    assert done.out.strip() if done.code == 0 else done.err.strip()


def test_a_page_of_nothing_is_no_crash(bare: Command, tmp_path: Path) -> None:
    assert bare("criticality", "--out", tmp_path / "page.html").code in (0, 2)


def test_an_unknown_firm_is_told_without_a_network_too(bare: Command) -> None:
    done = bare("criticality", "--firm", "nobody")
    assert done.code == 2
    assert "no links between firms" in done.err


def test_mistakes_of_a_file_are_told_one_by_one(littlegiant: Command, supply: Path, tmp_path: Path) -> None:
    write_links(tmp_path, [("SYN000000000000002", "SYN000000000000003", value) for value in ("-1", "x", "5")])
    path = write_supply(tmp_path, unknown_class="non_essential")
    done = littlegiant("supply", "criticality", path, "--register", supply / "register", *YEAR)
    assert done.code == 2
    assert "links.csv, row 2, column value: found '-1'" in done.err
    assert "links.csv, row 3, column value: found 'x'" in done.err
    assert "Net credit notes" in done.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TABLE.replace("imported,10", "imported,ten"), "table.csv, row 6, column value"),
        (TABLE.replace("C39,C39,imported", "C39,C39,abroad"), "table.csv, row 6, column origin"),
        (TABLE.replace("C39,output,domestic,80\n", ""), "no output of the sectors C39"),
        ("from,to,origin,value\n", "no row with the output"),
    ],
)
def test_a_broken_sector_table_is_told_by_its_row(littlegiant: Command, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "table.csv").write_text(text, encoding="utf-8")
    done = littlegiant("supply", "sectors", tmp_path / "table.csv")
    assert done.code == 2
    assert told in " ".join(done.err.split())


def test_drawn_networks_name_no_firm_and_hang_on_the_seed(call: Command) -> None:
    first, again, other = (call(*ANSWERS["drawn"][:-1], seed, "--json").out for seed in (3, 3, 4))
    assert first == again
    assert "SYN0" not in first
    assert strict(other)["sectors"] == strict(first)["sectors"]
    assert strict(other)["drawn"] != strict(first)["drawn"]


def test_the_firm_whose_loss_is_explained_is_the_one_asked_for(call: Command) -> None:
    worst = strict(call(*ANSWERS["shock"], "--json").out)
    firm = worst["losers"][1]["firm"]
    found = strict(call(*ANSWERS["shock"], "--firm", firm, "--json").out)
    assert {row["to_explain"] for row in found["paths"]} == {firm}
    assert found["paths"][-1]["to"].startswith(firm)
    assert found["losers"] == worst["losers"]


@pytest.mark.parametrize(("kind", "key"), [("supply", "links"), ("shock", "hits"), ("key_links", "chains")])
def test_each_document_has_a_schema(littlegiant: Command, kind: str, key: str) -> None:
    assert key in strict(littlegiant("pack", "schema", kind).out)["properties"]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_who_it_is_for_and_gives_an_example(littlegiant: Command, name: str) -> None:
    done = littlegiant("supply", name, "--help")
    assert done.code == 0
    assert "For " in done.out
    assert f"littlegiant supply {name}" in " ".join(done.out.split())
    assert name in littlegiant("supply", "--help").out
