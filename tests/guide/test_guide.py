"""The guide: what its functions give, and that its pages keep to the program they describe."""

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import dnnvis
from dnnvis import guide
from dnnvis.app.shell import keymap
from dnnvis.cli.main import app
from dnnvis.core.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]
NAMES = [page.name for page in guide.list_pages()]
TEXTS = {name: guide.read_page(name) for name in NAMES}
TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "findings/README.md")
DOCUMENTS = [ROOT / name for name in TOP] + [ROOT / f"dnnvis/guide/{name}.md" for name in NAMES]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
COMMAND_WORDS = re.compile(r"[a-z][a-z0-9-]*")
NEARBY = 6  # lines in which the command of a table of figures stands


def test_every_file_of_the_guide_is_a_page_and_every_page_a_file() -> None:
    files = {path.stem for path in (ROOT / "dnnvis" / "guide").glob("*.md")}
    assert files == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_begins_with_its_title_and_has_no_other_of_that_level(name: str) -> None:
    headings = guide.list_headings(name)
    assert TEXTS[name].startswith("# ")
    assert headings[0].level == 1
    assert headings[0].title
    assert [heading.level for heading in headings].count(1) == 1
    assert headings[0].title == next(p.title for p in guide.list_pages() if p.name == name)


def test_titles_are_told_apart() -> None:
    titles = [page.title for page in guide.list_pages()]
    assert len(set(titles)) == len(titles)


def test_the_contents_lead_to_every_other_page() -> None:
    linked = {target.partition("#")[0] for target in LINK.findall(TEXTS["index"])}
    assert linked == {f"{name}.md" for name in NAMES if name != "index"}


@pytest.mark.parametrize("name", ["", "nothing", "../README", "index.md"])
def test_a_name_without_a_page_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(BadInput, match="first-hour"):
        guide.read_page(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_plain_markdown_that_qt_reads(name: str) -> None:
    text = FENCED.sub("", TEXTS[name])
    text = re.sub(r"`[^`]*`", "", text)
    assert not re.search(r"</?[a-zA-Z][^>]*>", text), "no HTML"
    assert "[^" not in text, "no footnotes"
    assert "![" not in text, "no pictures: they do not ship"


def test_headings_in_code_are_none_and_the_same_title_twice_has_two_anchors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "# A\n\n```\n# not one\n```\n\n## B `c` d!\n\n## B c d\n\n### E, f\n"
    monkeypatch.setattr(guide, "read_page", lambda name: text)
    found = guide.list_headings.__wrapped__("any")  # without its cache
    assert [(one.level, one.title, one.anchor) for one in found] == [
        (1, "A", "a"),
        (2, "B c d!", "b-c-d"),
        (2, "B c d", "b-c-d-1"),
        (3, "E, f", "e-f"),
    ]


@pytest.mark.parametrize("title", guide.PANEL_TITLES)
def test_every_panel_has_its_section(title: str) -> None:
    page, anchor = guide.page_for(title)
    section = [one for one in guide.list_headings(page) if one.anchor == anchor]
    assert [one.title for one in section] == [title]
    assert [one.level for one in section] == [2]


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("Lens 2", ("window", "lens")),
        ("Synthesis", ("window", "feature-visualization")),
        ("Examples", ("window", "top-examples")),
        ("Map", ("window", "activation-map")),
        ("top EXAMPLES ", ("window", "top-examples")),
        ("glossary", ("glossary", "")),
        ("a panel of tomorrow", ("index", "")),
        ("", ("index", "")),
    ],
)
def test_a_topic_leads_to_a_page(topic: str, expected: tuple[str, str]) -> None:
    assert guide.page_for(topic) == expected


def links() -> Iterator[tuple[Path, str]]:
    for path in DOCUMENTS:
        for target in LINK.findall(FENCED.sub("", path.read_text(encoding="utf-8"))):
            if not target.startswith(("http:", "https:", "mailto:")):
                yield path, target


@pytest.mark.parametrize(
    ("path", "target"), list(links()), ids=lambda part: str(getattr(part, "name", part))
)
def test_a_relative_link_resolves(path: Path, target: str) -> None:
    file, _, anchor = target.partition("#")
    aimed = (path.parent / file).resolve() if file else path
    assert aimed.is_relative_to(ROOT), f"{path.name}: {target}"
    assert aimed.exists(), f"{path.name}: {target}"
    if anchor:
        assert aimed.parent == ROOT / "dnnvis" / "guide", "anchors are known of pages only"
        assert anchor in {one.anchor for one in guide.list_headings(aimed.stem)}, target


def test_links_are_looked_at() -> None:
    assert len(list(links())) > 60


def tables(text: str) -> Iterator[tuple[int, int, str]]:
    """First line, line after the last, and head of each table."""
    lines = text.splitlines()
    start = None
    for number, line in enumerate([*lines, ""]):
        if line.startswith("|") and start is None:
            start = number
        elif not line.startswith("|") and start is not None:
            yield start, number, lines[start]
            start = None


def is_of_figures(head: str) -> bool:
    columns = {cell.strip() for cell in head.strip("|").split("|")}
    return bool(columns & {"measured", "asked", "paper"})


def of_section(lines: list[str]) -> Iterator[str]:
    """The lines up to the next heading: a command of another section makes other tables."""
    return itertools.takewhile(lambda line: not line.startswith("#"), lines)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_table_of_figures_stands_beside_the_command_that_makes_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for start, stop, head in tables(text):
        before = lines[max(start - NEARBY, 0) : start][::-1]
        around = [*of_section(before), *of_section(lines[stop : stop + NEARBY])]
        if is_of_figures(head):
            named = [line for line in around if "dnnvis " in line or "uv run " in line]
            assert named, f"{path.name}, line {start + 1}: which command makes this table?"


def test_tables_of_figures_are_found() -> None:
    heads = [head for text in TEXTS.values() for _, _, head in tables(text)]
    assert sum(map(is_of_figures, heads)) == 14


MAIN: Any = typer.main.get_command(app)


def code_of(text: str) -> Iterator[str]:
    """Every line of a fenced block, and every code span, that begins with the command."""
    for block in FENCED.findall(text):
        yield from (line.strip() for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", FENCED.sub("", text))


def commands() -> Iterator[tuple[str, str]]:
    for path in DOCUMENTS:
        for line in code_of(path.read_text(encoding="utf-8")):
            called = re.match(r"(?:torchrun .* -m )?dnnvis (.+)", line)
            if called:
                yield path.name, called[1].split("  #")[0]


def parse_command(line: str) -> tuple[list[str], set[str]]:
    """Return the command's names and the options that the line gives; raises LookupError for a
    command or an option that there is not."""
    words = shlex.split(line.replace("...", ""))
    node, path = MAIN, []
    rest = iter(words)
    for word in rest:
        children = getattr(node, "commands", {})
        if not children or not COMMAND_WORDS.fullmatch(word):
            break
        if word not in children:
            raise LookupError(f"dnnvis {' '.join([*path, word])}")
        node = children[word]
        path.append(word)
    given = {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word)}
    known = {name for one in node.params for name in (*one.opts, *one.secondary_opts)}
    unknown = given - known - {"--help"}
    if unknown:
        raise LookupError(f"dnnvis {' '.join(path)} {unknown}")
    return path, given


@pytest.mark.parametrize(("page", "line"), sorted(set(commands())))
def test_a_command_that_is_named_exists_with_its_options(page: str, line: str) -> None:
    parse_command(line)


@pytest.mark.parametrize("line", ["dance", "bench sleep", "look NET UNIT --loudly", "--nets a"])
def test_a_command_or_option_that_is_not_there_is_noticed(line: str) -> None:
    with pytest.raises(LookupError):
        parse_command(line)


def test_every_command_stands_in_the_list_of_commands() -> None:
    named = {
        " ".join(parse_command(line)[0]) for page, line in commands() if page == "command-line.md"
    }

    def leaves(node: Any, path: tuple[str, ...]) -> Iterator[str]:
        children = getattr(node, "commands", {})
        for name, child in children.items():
            yield from leaves(child, (*path, name))
        if not children:
            yield " ".join(path)

    assert set(leaves(MAIN, ())) <= named


def test_the_page_of_keys_is_the_table_of_keys() -> None:
    expected = []
    for group in keymap.GROUPS:
        expected += [f"## {group}", "", "| key | name | what it does |", "|---|---|---|"]
        for key in keymap.keys_in_group(group):
            shown = " ".join(f"`{one}`" for one in keymap.format_keys(key).split("  "))
            expected.append(f"| {shown} | {key.name} | {key.help} |")
        expected.append("")
    text = TEXTS["keys"]
    assert text[text.index("## ") :].splitlines() == expected[:-1], "\n".join(expected)


def test_the_glossary_explains_each_word_once_and_in_order() -> None:
    for section in re.split(r"^## ", TEXTS["glossary"], flags=re.MULTILINE)[1:]:
        words = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", section, flags=re.MULTILINE)[1:]
        assert len(words) > 5
        assert words == sorted(set(words), key=str.casefold)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 900


def test_the_readme_shows_one_picture_and_both_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text) == ["assets/window.png"]
    assert "uv run launch.py" in text
    assert "uv run pytest" in text


def test_the_version_is_cited_as_it_is() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (\S+)$", citation, re.MULTILINE)[1] == dnnvis.__version__


# names that stand for a reader's own file, and what lies outside of a checkout
EXAMPLES = re.compile(r"NAME|mean_map|my_file|captum_|\.\./shared")


def named_files() -> Iterator[tuple[str, str]]:
    for path in DOCUMENTS:
        for span in re.findall(r"`([^`\n]+)`", path.read_text(encoding="utf-8")):
            if re.fullmatch(r"[\w./*-]+(\.py|/)", span) and not EXAMPLES.search(span):
                yield path.name, span


def is_there(span: str) -> bool:
    """Whether it lies at the top, in the package, or, a name alone, anywhere in the package."""
    alone = span.count("/") <= span.endswith("/")
    anywhere = alone and any((ROOT / "dnnvis").rglob(span))
    return anywhere or any(list(base.glob(span)) for base in (ROOT, ROOT / "dnnvis"))


def test_every_file_that_is_named_exists() -> None:
    assert not [named for named in sorted(set(named_files())) if not is_there(named[1])]


def test_files_are_named_and_a_wrong_name_is_noticed() -> None:
    assert len(set(named_files())) > 60
    assert is_there("dnnvis/guide/")
    assert is_there("net1.py")
    assert is_there("life_*.py")
    assert not is_there("dnnvis/guide/nothing.py")
    assert not is_there("nothing.py")
