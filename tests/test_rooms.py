"""The order of the rooms, and the bans that keep them apart (dnnvis/guide/architecture.md)."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "dnnvis"
MAX_LINES = 600  # of a file: past 400 ask which two ideas are in it
MAX_MODULES = 24  # of a folder
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "guide": {"core"},
    "imaging": {"core"},
    "jobs": {"core"},
    "network": {"core"},
    "zoo": {"network", "core"},
    "sources": {"core", "_version"},
    "library": {"sources", "network", "imaging", "jobs", "core"},
    "introspect": {"network", "jobs", "core"},
    "lenses": {
        "library",
        "introspect",
        "sources",
        "network",
        "imaging",
        "jobs",
        "core",
        "_version",
    },
    "training": {"introspect", "zoo", "sources", "network", "jobs", "core"},
    "engine": {"core"},
    "session": {"core", "engine.plan"},
}
BELOW_ENGINE = set(MAY_IMPORT) - {"engine", "session", "guide"}
BELOW_APP = BELOW_ENGINE | {"session", "engine", "api"}
MAY_IMPORT |= {
    "api": BELOW_ENGINE | {"api_concepts"},
    "api_concepts": BELOW_ENGINE,
    "app": {"session", "engine", "imaging", "guide", "core"},
    "app.main": BELOW_APP | {"app"},
    "bench": BELOW_APP,
    "reproduce": BELOW_APP,
    # the command line draws with imaging and starts the window through app.main alone
    "cli": BELOW_APP | {"app.main", "bench", "reproduce", "guide"},
    # what the command that makes the paper's tables costs
    "bench.imagination": BELOW_ENGINE | {"bench", "reproduce"},
    # benches that measure the window itself start it
    "bench.window_session": BELOW_APP | {"bench", "app"},
    "bench.window.gaps": BELOW_APP | {"bench", "app"},
    "bench.window.run": BELOW_APP | {"bench", "app"},
    "bench.window.live_blocks": BELOW_APP | {"bench", "app"},
    "bench.window.playground": BELOW_APP | {"bench", "app"},
    "bench.reliability.soak": BELOW_APP | {"bench", "app"},
    "bench.reliability.jobs": BELOW_APP | {"bench", "reproduce"},
    "bench.live_map": BELOW_APP | {"bench", "app"},
    "bench.live": BELOW_APP | {"bench", "app"},
    "bench.live_recording": BELOW_APP | {"bench", "app"},
    "bench.first_frame": BELOW_APP | {"app.main"},
    "__init__": {"core", "api", "_version"},
    "__main__": {"cli", "core"},
    "_version": set(),
}
#: What a folder of ``app`` that is no feature may import of ``app``; a feature gets FEATURE.
APP_FOLDERS = {
    "runtime": set[str](),
    "widgets": {"runtime"},
    "activation_map": {"widgets", "runtime", "activation_map.tabs"},
    "activation_map.tabs": {"widgets", "runtime", "activation_map"},
}
FEATURE = {"widgets", "runtime"}
ROOTS = {"shell", "shell.modes", "shell.teaching"}  # the window: knows every feature
FILES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """Return the dotted name below the package: ``network.hooks`` for network/hooks.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def room_of(name: str) -> str:
    return name if name in MAY_IMPORT else name.split(".")[0]


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield every module imported anywhere in the file, but under ``if TYPE_CHECKING``."""
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


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


TREES = {name_of(path): parse(path) for path in FILES}


def modules_imported(name: str) -> set[str]:
    """Return which of our modules that one imports, by their names below the package."""
    inside = {i.removeprefix("dnnvis.") for i in imports(TREES[name]) if i.startswith("dnnvis.")}
    exact = {i for i in inside if i in TREES}
    # ``from dnnvis.network import hooks`` imports the module, not the folder's __init__
    return {i for i in exact if not any(j.startswith(f"{i}.") for j in exact)} - {name}


def find_circle(arrows: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the nodes of one circle of a directed graph, or [] where there is none."""
    finished: set[str] = set()

    def visit(node: str, way: list[str]) -> list[str]:
        if node in way:
            return way[way.index(node) :]
        if node in finished:
            return []
        for other in sorted(arrows.get(node, ())):
            if circle := visit(other, [*way, node]):
                return circle
        finished.add(node)
        return []

    for start in sorted(arrows):
        if circle := visit(start, []):
            return circle
    return []


def test_a_room_imports_only_what_lies_below_it() -> None:
    assert {name: wrong for name in TREES if (wrong := forbidden_imports(name))} == {}


def forbidden_imports(name: str) -> list[str]:
    """Return what a file imports though its room must not know it."""
    room = room_of(name)
    allowed = MAY_IMPORT[room] | {room}
    forbidden = []
    rooms = {room.split(".")[0] for room in MAY_IMPORT}
    for imported in imports(TREES[name]):
        inside = imported.removeprefix("dnnvis.")
        if not imported.startswith("dnnvis.") or inside.split(".")[0] not in rooms:
            continue  # another package, or a name of dnnvis/__init__ such as BadInput
        parts = inside.split(".")
        names = {".".join(parts[:k]) for k in range(1, len(parts) + 1)}
        narrower = {a for a in allowed if "." in a and a.startswith(inside + ".")}
        if not (names & allowed or narrower):
            forbidden.append(imported)
    return forbidden


def test_a_file_stays_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name_of(path): n for path, n in lengths.items() if n >= MAX_LINES} == {}


def test_a_folder_can_be_seen_at_a_glance() -> None:
    sizes = Counter(path.parent for path in FILES)
    assert {str(folder): n for folder, n in sizes.items() if n > MAX_MODULES} == {}


def app_folder(name: str) -> str:
    """Return the folder below ``app`` of a module there: ``steps`` for ``app.steps.panel``."""
    path = PACKAGE / Path(*name.split("."))
    parts = name.split(".")[1:]
    return ".".join(parts if path.is_dir() else parts[:-1])


def test_no_feature_of_the_window_knows_another() -> None:
    strangers = {name: known_strangers(name) for name in TREES if name.startswith("app.")}
    assert {name: known for name, known in strangers.items() if known} == {}


def known_strangers(name: str) -> list[str]:
    """Return the folders of the window that a file of it knows, and must not."""
    folder = app_folder(name)
    if folder in ROOTS or not folder:
        return []
    allowed = APP_FOLDERS.get(folder, FEATURE) | {folder}
    known = {app_folder(i) for i in modules_imported(name) if i.startswith("app.")}
    return sorted(known - allowed)


def test_no_files_import_each_other_in_a_circle() -> None:
    assert find_circle({name: modules_imported(name) for name in TREES}) == []


def test_no_folders_import_each_other_in_a_circle() -> None:
    """A folder and one inside of it are one room: a catalog stands beside what it lists."""
    arrows: dict[str, set[str]] = {}
    for name in TREES:
        here = folder_of(name)
        others = {folder_of(i) for i in modules_imported(name)}
        arrows.setdefault(here, set()).update(o for o in others if not is_nested(here, o))
    assert find_circle(arrows) == []


def folder_of(name: str) -> str:
    return name if (PACKAGE / Path(*name.split("."))).is_dir() else name.rpartition(".")[0]


def is_nested(a: str, b: str) -> bool:
    return a == b or not a or not b or f"{a}.".startswith(f"{b}.") or f"{b}.".startswith(f"{a}.")


def test_a_circle_is_found() -> None:
    assert find_circle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c"]
    assert find_circle({"a": ["b", "c"], "b": ["c"]}) == []


def test_pixels_are_made_of_numpy_alone() -> None:
    for name, tree in TREES.items():
        if name.startswith("imaging"):
            tops = {imported.split(".")[0] for imported in imports(tree)} - {"dnnvis", "numpy"}
            drawn = {"cv2", "PIL"} if name == "imaging.sheet_labels" else {"cv2"}  # its letters
            assert tops <= set(sys.stdlib_module_names) | drawn, f"{name} imports {tops}"


def only_in(words: tuple[str, ...], *homes: str) -> None:
    for path in FILES:
        if not name_of(path).startswith(homes):
            text = path.read_text(encoding="utf-8")
            present = [word for word in words if word in text]
            assert not present, f"{name_of(path)} has {present}, which belongs to {homes}"


def test_forward_hooks_are_put_on_in_one_file() -> None:
    only_in(
        (
            "register_forward",
            "register_module_forward",
            "_forward_hooks[",
            "register_full_backward",
            "register_module_full_backward",
        ),
        "network.hooks",
    )


def test_the_backward_pass_is_bent_in_one_file() -> None:
    only_in(("register_hook(", "register_prehook("), "network.backward_rules")
    # the oracle of bench zoo is written another way
    only_in(("autograd.Function",), "network.backward_rules", "bench.zoo.backward_oracle")


def test_qt_is_known_to_the_window_only() -> None:
    for name, tree in TREES.items():
        if room_of(name) not in ("app", "app.main"):
            for imported in imports(tree):
                assert imported.split(".")[0] not in ("PyQt6", "pyqtgraph", "superqt"), name


def test_loading_a_file_never_runs_what_is_in_it() -> None:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                words = {word.arg: ast.unparse(word.value) for word in node.keywords}
                assert words.get("weights_only") == "True", name
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
