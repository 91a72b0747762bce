"""A page taken apart: its elements, their attributes, and what stands in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class Node:
    tag: str
    attributes: dict[str, str]
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def all(self, *tags: str) -> Iterator["Node"]:
        for child in self.children:
            if not tags or child.tag in tags:
                yield child
            yield from child.all(*tags)

    def text(self) -> str:
        return "".join([*self.words, *(child.text() for child in self.children)])


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = self.root
        self.mismatched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.open)
        self.open.children.append(node)
        if tag not in VOID:
            self.open = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.children.append(Node(tag, {name: value or "" for name, value in attrs}, self.open))

    def handle_endtag(self, tag: str) -> None:
        if tag != self.open.tag or self.open.parent is None:
            self.mismatched.append(tag)
            return
        self.open = self.open.parent

    def handle_data(self, data: str) -> None:
        self.open.words.append(data)


def read(html: str) -> Node:
    """Return the root; every element must be closed where it was opened."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert parser.mismatched == []
    assert parser.open is parser.root
    return parser.root


def harmless(page: Node) -> None:
    """No script, no handler, nothing that is fetched from elsewhere or leads elsewhere."""
    assert [node.tag for node in page.all("script", "iframe", "object", "embed", "form", "base", "img", "foreignobject")] == []
    for node in page.all():
        for name, value in node.attributes.items():
            assert not name.startswith("on"), (node.tag, name)
            if name in ("href", "src", "xlink:href", "srcset", "action", "poster", "data"):
                assert value.startswith(("#", "data:,")), (node.tag, name, value)
            if name not in ("xmlns", "xmlns:xlink"):
                assert "url(http" not in value
                assert "javascript:" not in value.lower().replace(" ", "") or node.tag in ("text", "title")
    for style in page.all("style"):
        assert "@import" not in style.text()
        assert "url(" not in style.text()
    (policy,) = [node for node in page.all("meta") if node.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policy.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
