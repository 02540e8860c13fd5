"""The words of the code are the field's, one for each thing, and tests mirror the package."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, TESTS = ROOT / "dnnvis", ROOT / "tests"
FILES = sorted(PACKAGE.rglob("*.py"))

#: Words of a private dialect that no identifier may contain, and what the field says instead.
BANNED = {
    "alike": "same, similar",
    "anew": "restart, reload",
    "apart": "distance, interval, delta",
    "asked": "requested, options",
    "aside": "worker",
    "before": "previous",
    "climb": "ascent",
    "cloud": "map data",
    "colour": "color",
    "colours": "colors",
    "coloured": "colored",
    "course": "task",
    "deeds": "actions",
    "dice": "rng, generator",
    "fault": "error, failure",
    "faults": "errors, failures",
    "found": "result, match, path",
    "fresh": "new, updated",
    "grown": "synthesis result",
    "hear": "on, receive",
    "heard": "received",
    "holdings": "summary",
    "ink": "color",
    "inks": "colors",
    "judged": "evaluated",
    "kept": "saved, stored",
    "least": "minimum",
    "likeness": "similarity, seriation",
    "made": "image, widget, build",
    "many": "count, n",
    "misfit": "invalid reason",
    "most": "maximum, limit",
    "nature": "image statistics",
    "place": "path, position, point, slot",
    "places": "paths, positions, points, slots",
    "pulse": "frame statistics",
    "reach": "radius, max_abs, limit",
    "said": "reported, text",
    "say": "report, describe",
    "shake": "random transform",
    "share": "fraction, ratio, weight",
    "sister": "paired network",
    "spare": "collapse to fit",
    "standing": "progress, status",
    "tap": "hook",
    "taps": "hooks",
    "tell": "report, notify",
    "told": "notified",
    "tones": "palette, colormap",
    "toolbox": "backend",
    "trouble": "error, failure",
    "twin": "cache",
    "twins": "cache",
    "why": "error, reason",
    "wide": "width",
    "wish": "request",
    "wishes": "requests, config",
    "words": "text, message, label, help",
}
#: Names that stay, and where they are written, said or fixed: renaming one would break a file,
#: an option, a JSON key or a state that users have.
ALLOWED = {
    "asked": "the records of `dnnvis reproduce introspection`",
    "at_place": "window.json: synthesis",
    "bytes_before": "`dnnvis library prune --json`",
    "colour": "window.json: map",
    "colours": "window.json",
    "found": "the records of `dnnvis reproduce introspection`",
    "kept": "window.json: synthesis",
    "made": "the records of both reproductions",
    "apart": "`dnnvis library merge --json`",
    "most": "the option --most",
    "nature": "recipes of a synthesis",
    "place": "window.json: map",
    "place_on_map": "the command `dnnvis map`",
    "share": "recipes of a synthesis, the arrays of a map file",
    "unfinished_before": "`dnnvis library prune --json`",
    "is_wide": "what is wide is a matrix",
    "wish": "window.json: steps",
    "wishes": "the configuration of `dnnvis reproduce introspection`",
}
PARTICIPLE = re.compile(
    r"\w{2,}ed|made|kept|found|said|told|drawn|shown|chosen|given|taken|written|built|sent|held|left"
)
#: Words that end like participles and are none.
NO_PARTICIPLES = {"embed", "exceed", "feed", "need", "proceed", "seed", "speed"}
#: The public face (``Network.edited``).
PUBLIC_NAMES = {"edited"}
#: What may follow a participle without making a noun phrase of the name.
NO_NOUNS = {"as", "at", "by", "for", "from", "in", "into", "of", "on", "to", "with"}


def split_words(name: str) -> list[str]:
    """Return the words of an identifier: ``_why_noWords2`` -> why, no, words2 -> words."""
    spaced = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3_\2\4", name)
    return [word.strip("0123456789") for word in spaced.lower().split("_") if word]


def bound_names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield every identifier that a file defines, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, node.lineno
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name, node.lineno


def banned_names(tree: ast.Module) -> list[tuple[str, int]]:
    return [
        (name, line)
        for name, line in bound_names(tree)
        if name.strip("_") not in ALLOWED and set(split_words(name)) & set(BANNED)
    ]


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_identifier_speaks_the_dialect() -> None:
    assert {relative(path): bad for path in FILES if (bad := banned_names(parse(path)))} == {}


def test_the_dialect_is_noticed() -> None:
    code = "def f(fault, *, ok):\n    made_here = 1\n    self.why = fault\n    class ColourBar: ..."
    names = [name for name, _ in banned_names(ast.parse(code))]
    assert sorted(names) == ["ColourBar", "fault", "made_here", "why"]


def test_every_allowed_name_is_still_needed() -> None:
    defined = {name.strip("_") for path in FILES for name, _ in bound_names(parse(path))}
    assert set(ALLOWED) - defined == set()


def test_no_public_class_name_stands_twice() -> None:
    """Networks and their builders in ``zoo`` are named by their papers and by checkpoints."""
    names = Counter(
        node.name
        for path in FILES
        for node in parse(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name: n for name, n in names.items() if n > 1} == {}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_property_or_event(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A property is a noun or a state, and needs no verb."""
    marks = " ".join(ast.unparse(mark) for mark in node.decorator_list)
    return bool(re.search(r"property|setter|fixture|overload", marks))


def test_functions_are_verbs_and_no_bare_participles() -> None:
    assert {relative(path): bare for path in FILES if (bare := bare_participles(path))} == {}


def bare_participles(path: Path) -> list[str]:
    """Return the functions of a file that are called by a participle alone."""
    bare = []
    for node in functions(parse(path)):
        words = split_words(node.name)
        if not words or is_property_or_event(node) or node.name in PUBLIC_NAMES:
            continue
        is_bare = len(words) == 1 or words[1] in NO_NOUNS
        if is_bare and words[0] not in NO_PARTICIPLES and PARTICIPLE.fullmatch(words[0]):
            bare.append(f"{node.name}:{node.lineno}")
    return bare


def test_every_test_file_has_its_module() -> None:
    """tests/a/test_x.py or test_x_ASPECT.py tests dnnvis/a/x.py; those beside this one, all."""
    assert [relative(path) for path in TESTS.rglob("test_*.py") if not has_module(path)] == []


def has_module(path: Path) -> bool:
    """Return whether there is a module whose name a file of tests begins with."""
    folder = PACKAGE / path.parent.relative_to(TESTS)
    if folder == PACKAGE:
        return True
    subject = path.stem.removeprefix("test_")
    modules = {module.stem for module in folder.glob("*.py")} | {folder.name}  # its __init__
    return any(f"{subject}_".startswith(f"{module}_") for module in modules)
