"""The order of the rooms, and the bans that keep them apart (DESIGN.md, section 2)."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "dnnvis"
BELOW_ENGINE = {
    "core", "network", "zoo", "sources", "library", "introspect", "lenses", "training",
}  # fmt: skip
MAY_IMPORT = {
    "core": set(),
    "network": {"core"},
    "zoo": {"network", "core"},
    "sources": {"core"},
    "library": {"sources", "network", "core"},
    "introspect": {"network", "core"},
    "lenses": {"library", "introspect", "sources", "network", "core"},
    "training": {"introspect", "zoo", "sources", "network", "core"},
    "jobs": {"core"},
    "engine": {"core"},
    "session": {"core", "engine.plan"},
    "api": BELOW_ENGINE,
    "app": {"session", "engine", "core"},
    "app.main": BELOW_ENGINE | {"session", "engine", "jobs", "api", "app"},
    "bench": BELOW_ENGINE | {"session", "engine", "jobs", "api"},
    "reproduce": BELOW_ENGINE | {"session", "engine", "jobs", "api"},
    "cli": BELOW_ENGINE | {"session", "engine", "jobs", "api", "app", "bench", "reproduce"},
    # what the command that makes the paper's tables costs
    "bench.imagination": BELOW_ENGINE | {"bench", "reproduce"},
    # benches that measure the window itself start it
    "bench.stage": BELOW_ENGINE | {"session", "engine", "jobs", "api", "bench", "app"},
    "bench.live_map": BELOW_ENGINE | {"session", "engine", "jobs", "api", "bench", "app"},
    "bench.live": BELOW_ENGINE | {"session", "engine", "jobs", "api", "bench", "app"},
    "bench.first_frame": BELOW_ENGINE | {"session", "engine", "jobs", "api", "app", "cli"},
    "guide": {"core"},
    "_version": set(),
    "__init__": {"core", "api", "_version"},
    "__main__": {"cli", "core"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """``network.taps`` for dnnvis/network/taps.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def room_of(name: str) -> str:
    return name if name in MAY_IMPORT else name.split(".")[0]


def imports(tree: ast.Module) -> Iterator[str]:
    """Every module imported anywhere in the file, but under ``if TYPE_CHECKING``."""
    only_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in only_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_room_imports_only_what_lies_below_it(path: Path) -> None:
    room = room_of(name_of(path))
    allowed = MAY_IMPORT[room] | {room}
    rooms = {room.split(".")[0] for room in MAY_IMPORT}
    for imported in imports(parsed(path)):
        inside = imported.removeprefix("dnnvis.")
        if not imported.startswith("dnnvis.") or inside.split(".")[0] not in rooms:
            continue  # another package, or a name of dnnvis/__init__ such as __version__
        parts = inside.split(".")
        names = {".".join(parts[:k]) for k in range(1, len(parts) + 1)}
        narrower = {a for a in allowed if "." in a and a.startswith(inside + ".")}
        assert names & allowed or narrower, f"{name_of(path)} must not import {imported}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_stays_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400


def only_in(words: tuple[str, ...], *homes: str) -> None:
    for path in FILES:
        if not name_of(path).startswith(homes):
            text = path.read_text(encoding="utf-8")
            found = [word for word in words if word in text]
            assert not found, f"{name_of(path)} has {found}, which belongs to {homes}"


def test_forward_hooks_are_put_on_in_one_file() -> None:
    only_in(
        (
            "register_forward",
            "register_module_forward",
            "_forward_hooks[",
            "register_full_backward",
            "register_module_full_backward",
        ),
        "network.taps",
    )


def test_the_backward_pass_is_bent_in_one_file() -> None:
    only_in(("register_hook(", "register_prehook(", "autograd.Function"), "network.rules")


def test_qt_is_known_to_the_window_only() -> None:
    for path in FILES:
        if room_of(name_of(path)) not in ("app", "app.main"):
            for imported in imports(parsed(path)):
                top = imported.split(".")[0]
                assert top not in ("PyQt6", "pyqtgraph", "superqt"), name_of(path)


def test_loading_a_file_never_runs_what_is_in_it() -> None:
    for path in FILES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                words = {word.arg: ast.unparse(word.value) for word in node.keywords}
                assert words.get("weights_only") == "True", name_of(path)
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("pickle.load", "pickle.loads", "eval", "exec", "np.load")


def test_importing_the_package_costs_neither_torch_nor_qt() -> None:
    code = (
        "import sys, dnnvis; dnnvis.BadInput; dir(dnnvis);"
        "print([m for m in ('torch', 'PyQt6', 'numpy', 'cv2', 'torchvision') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent, check=True
    )
    assert done.stdout.strip() == "[]"


def test_everything_below_the_window_works_without_qt() -> None:
    code = (
        "import sys; sys.modules['PyQt6'] = sys.modules['pyqtgraph'] = None;"
        "import dnnvis; dnnvis.open, dnnvis.wrap, dnnvis.look; import dnnvis.cli.main"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, check=True)
