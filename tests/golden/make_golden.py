"""Makes the golden files again: ``python tests/golden/make_golden.py``.
It imports the dnnvis that Python finds: in a worktree say ``PYTHONPATH=.`` before it.

They hold what the product wrote, said and drew before its house was rebuilt. ``test_golden.py``
and ``test_wire_names.py`` call the same functions. All runs start from numbers made by
arithmetic or by a seed, and from a small network (``net.py``) that nothing has trained.
"""

import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from golden_drawings import pictures
from golden_state import state_json
from numpy.typing import NDArray
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save_file
from typer.testing import CliRunner

import dnnvis
from dnnvis.cli.main import app
from dnnvis.introspect.map_file import read_map, write_map
from dnnvis.session.session import Session, load_state

HERE = Path(__file__).resolve().parent
Bytes = NDArray[np.uint8]
Line = dict[str, Any]
NET = "net.py"
CLASSES = ("ant", "bee", "cat")
COMMANDS = (
    "",
    "models",
    "layers",
    "look",
    "invert",
    "render",
    "scan",
    "sweep",
    "dissect",
    "atlas",
    "fit-map",
    "map",
    "tune",
    "blocks",
    "concepts",
    "weights",
    "replay",
    "recording",
    "compare",
    "train",
    "train life",
    "train net1",
    "train net2",
    "train maze",
    "train chess",
    "train plane",
    "bench",
    "bench live",
    "bench start",
    "bench scan",
    "bench atlas",
    "bench sweep",
    "bench playground",
    "bench click",
    "bench ascent",
    "bench unit",
    "bench device",
    "bench quality",
    "bench imagination",
    "bench map",
    "bench zoo",
    "bench open",
    "bench kills",
    "bench soak",
    "bench data",
    "bench contrast",
    "bench normalization",
    "bench gaps",
    "bench processes",
    "bench window",
    "reproduce",
    "reproduce imagination",
    "reproduce introspection",
    "reproduce dissection",
    "reproduce atlas-attack",
    "reproduce ablation",
    "reproduce beyond",
    "library",
    "library list",
    "library merge",
    "library prune",
    "library export",
)
PLAIN = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb"}


class Run:
    """``lines`` name -> what the command of that name said with --json; the files that the
    commands wrote lie in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: dict[str, list[Line]] = {}
        make_inputs(folder)
        with data_folder(folder / "data"):
            for name, words in orders(folder).items():
                self.lines[name] = lines_of(*words)
                if name == "render":
                    write_notes(folder)
                    put_in_place(folder)

    def masked(self) -> dict[str, list[Line]]:
        """One line of each kind (set of keys) that a command prints, its folder as FOLDER."""
        return {
            name: [masked(line, self.folder) for line in {tuple(x): x for x in said[::-1]}.values()]
            for name, said in self.lines.items()
        }


def make_inputs(folder: Path) -> None:
    """The network's file, its labels, and 24 pictures in a folder and in a tar file."""
    shutil.copy(HERE / NET, folder / NET)
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in CLASSES))
    for k, name in enumerate(CLASSES):
        place = folder / "pictures" / name
        place.mkdir(parents=True)
        for number in range(8):
            Image.fromarray(picture(k, number)).save(place / f"{number}.png")
    (folder / "board.rle").write_text("x = 3, y = 3\nbob$2bo$3o!\n")
    with tarfile.open(folder / "pictures.tar", "w") as file:
        file.add(folder / "pictures", "pictures")


def picture(of: int, number: int) -> Bytes:
    """uint8 (12, 12, 3), a picture of class ``of``."""
    random = np.random.default_rng([of, number])
    return random.integers(40 * of, 120 + 60 * of, (12, 12, 3)).astype(np.uint8)


def all_pictures() -> Bytes:
    """uint8 (24, 12, 12, 3), in the order of the folder."""
    return np.stack([picture(of, number) for of in range(len(CLASSES)) for number in range(8)])


def orders(folder: Path) -> dict[str, tuple[object, ...]]:
    """name -> the words of the command, in the order in which they are run."""
    one, net = folder / "pictures" / "ant" / "0.png", net_words(folder)
    known = ("--library", folder / "library.sqlite")
    return {
        "models": ("models",),
        "layers": ("layers", *net),
        "look": (
            "look",
            *net,
            "relu2[1]",
            "--lens",
            "gradient",
            "--image",
            one,
            "-o",
            folder / "look.png",
        ),
        "scan": (
            "scan",
            *net,
            "--data",
            folder / "pictures.tar",
            "-k",
            2,
            "--layers",
            "relu2,output",
            *known,
        ),
        "sweep": ("sweep", *net, "--data", folder / "pictures.tar", "--layer", "relu2"),
        "dissect": (
            "dissect",
            *net,
            "--layer",
            "output",
            "--pictures",
            20,
            "--library",
            folder / "dissect.sqlite",
        ),
        "render": (
            "render",
            *net,
            "--layer",
            "conv2",
            "--units",
            "0-1",
            "--preset",
            "live",
            "--set",
            "steps=3",
            *known,
        ),
        "look-ascent": (
            "look",
            *net,
            "conv2[1]",
            "--lens",
            "ascent",
            "--set",
            "steps=3",
            "-o",
            folder / "ascent.png",
        ),
        "look-examples": (
            "look",
            *net,
            "relu2[1]",
            "--lens",
            "examples",
            "--set",
            "k=2",
            "-o",
            folder / "examples.png",
        ),
        "look-imagine": (
            "look",
            "life-2",
            "output[0]",
            "--lens",
            "imagine",
            "--image",
            folder / "board.rle",
            "--threads",
            1,
            "-o",
            folder / "imagine.png",
        ),
        "invert": (
            "invert",
            *net,
            "--image",
            one,
            "--layer",
            "conv2",
            "--set",
            "steps=3",
            "-o",
            folder / "invert.png",
        ),
        "library-list": ("library", "list", "--file", folder / "library.sqlite"),
        "library-merge": ("library", "merge", folder / "library.sqlite", folder / "b.sqlite"),
        "library-prune": ("library", "prune", "--file", folder / "b.sqlite", "--keep", 1),
        "library-export": (
            "library",
            "export",
            *net,
            "conv2",
            "--file",
            folder / "library.sqlite",
            "-o",
            folder / "page.html",
        ),
        "atlas": (
            *("atlas", *net, "--data", folder / "pictures.tar", "--layer", "relu2"),
            *("--grid", 2, "--layout", "pca", "--min-members", 1, "--steps", 4),
        ),
        "fit-map": (
            "fit-map",
            *net,
            "--data",
            folder / "pictures",
            "--steps",
            20,
            "-o",
            folder / "whole.map.safetensors",
        ),
        "tune": ("tune", *net, "conv2[1]", "--kind", "bars"),
        "weights": ("weights", *net, "conv2"),
        "weights-unit": ("weights", *net, "conv2", "--unit", "1", "--image", one),
        "map": ("map", *net, "--map", folder / "whole.map.safetensors", "--image", one, "-k", 2),
        "train": train_words(folder, 6),
        "train-plane": ("train", "plane", "--steps", 20, "--out", folder / "plane"),
    }


def net_words(folder: Path) -> tuple[object, ...]:
    """NET and its options."""
    options = ("--trust-code", "--size", 12, "--labels", folder / "labels.txt", "--threads", 1)
    return f"{folder / NET}:net", *options


def train_words(folder: Path, most: int, **more: object) -> tuple[object, ...]:
    """A network of the Game of Life that learns for ``most`` steps."""
    given = {"steps": 2, "channels": 2, "board": 5, "seed": 3, **more, "most": most}
    options = [word for name, value in given.items() for word in (f"--{name}", value)]
    places = ("--work", folder / "work", "--out", folder / "out", "--name", "golden-life")
    return "train", "life", *options, *places


def open_net(folder: Path) -> Any:
    return dnnvis.open(f"{folder / NET}:net", size=12, labels=CLASSES, trust_code=True)


def write_notes(folder: Path) -> None:
    with dnnvis.library(open_net(folder), folder / "library.sqlite") as library:
        library.write_note("conv2[1]", "likes a dark corner — maybe")
        library.write_note("relu2", "five maps")
        library.bookmark("conv2[1]")
        library.bookmark("output[2]")


def put_in_place(folder: Path) -> None:
    """The library where lenses look for it."""
    place = folder / "data" / "library" / f"{open_net(folder).fingerprint[:16]}.sqlite"
    place.parent.mkdir(parents=True)
    shutil.copy(folder / "library.sqlite", place)


def said(*words: object) -> str:
    """What ``dnnvis`` prints; raises RuntimeError where it ends with an error."""
    threads = torch.get_num_threads()
    try:
        done = CliRunner().invoke(app, [str(word) for word in words], "dnnvis", env=PLAIN)
    finally:
        torch.set_num_threads(threads)
    if done.exit_code:
        raise RuntimeError(f"dnnvis {words}: {done.stderr}") from done.exception
    return done.stdout


def lines_of(*words: object) -> list[Line]:
    return [json.loads(line) for line in said(*words, "--json").splitlines()]


@cache
def help_of(command: str) -> str:
    """The help text of a command, 100 letters wide, without colours."""
    text = CliRunner().invoke(app, [*command.split(), "--help"], prog_name="dnnvis", env=PLAIN)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text.stdout)
    return "\n".join(line.rstrip() for line in plain.splitlines()).strip() + "\n"


@contextmanager
def data_folder(place: Path) -> Iterator[None]:
    before = os.environ.get("DNNVIS_DATA")
    os.environ["DNNVIS_DATA"] = str(place)
    try:
        yield
    finally:
        if before is None:
            del os.environ["DNNVIS_DATA"]
        else:
            os.environ["DNNVIS_DATA"] = before


TIMES = (
    "seconds",
    "seconds_left",
    "changed",
    "bytes",
    "bytes_before",
    "bytes_after",
    "torch",
    "machine",
    "sha256",
    "work_seconds",
    "learning_cpu_seconds",
)
MEASURED = (  # the end of some steps of learning: only their keys and lengths stay
    "figures",
    "preview",
    "imagined",
    "z",
    "expected",
    "lines",
    "above",
    "empty",
    "nearest",
    "loss",
    "test_loss",
    "accuracy",
    "accuracies",
    "scores",
)


def masked(value: Any, folder: Path, name: str = "") -> Any:
    """``value`` with the folder as FOLDER, and without times, versions and what was learned."""
    if name in TIMES:
        return None
    if name in MEASURED:
        return shape_of(value)
    if isinstance(value, dict):
        found = {key: masked(item, folder, key) for key, item in value.items()}
        return {**found, "done": None} if "preview" in found else found  # it comes with the clock
    if isinstance(value, list):
        return [masked(item, folder) for item in value]
    if not isinstance(value, str):
        return value
    text = value.replace(str(folder), "FOLDER")
    text = re.sub(r"(?<=/sweeps/)\w+/\w+", "#", text)  # hashes of the pictures' times, too
    return re.sub(r"\d[\d.,]*", "#", text) if name == "words" else text


def shape_of(value: Any) -> Any:
    """Keys, lengths and types of a value. Of a list what its first item has, too."""
    if isinstance(value, dict):
        return {key: shape_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [len(value), *map(shape_of, value[:1])]
    return len(value) if isinstance(value, str) else type(value).__name__


def library_contents(folder: Path, file: Path) -> dict[str, Any]:
    """All that the product reads from a library, as JSON has it."""
    with dnnvis.library(open_net(folder), file) as library:
        statistics = library.statistics("relu2")
        assert statistics is not None
        return {
            "pictures": {
                unit: [
                    {
                        "pixels": digest(one.pixels),
                        "recipe": masked(one.recipe, folder),
                        "curve": None if one.curve is None else one.curve.tolist(),
                        "value": None if one.measures is None else one.measures.value,
                    }
                    for one in library.pictures(unit)
                ]
                for unit in ("conv2[0]", "conv2[1]", "conv2[2]")
            },
            "tops": {
                f"{unit} {by} {bottom}": [
                    [one.value, list(one.position), one.label, one.index, digest(one.image())]
                    for one in library.top(unit, 2, by, bottom)
                ]
                for unit in ("relu2[1]", "output[2]")
                for by in ("max", "mean")
                for bottom in (False, True)
            },
            "statistics": {
                name: np.asarray(values, np.float64).ravel().tolist()
                for name, values in (
                    ("mean", statistics.mean),
                    ("std", statistics.std),
                    ("least", statistics.minimum),
                    ("most", statistics.maximum),
                    ("active", statistics.active),
                    ("awake", statistics.awake),
                    ("dead", statistics.dead),
                    ("correlation", statistics.correlation),
                )
            },
            "counts": statistics.counts.sum(1).tolist(),
            "notes": library.notes(),
            "bookmarks": library.bookmarks(),
        }


def digest(pixels: Bytes) -> list[object]:
    """A picture in few words: its shape, and two sums that a moved pixel changes."""
    flat = pixels.astype(np.int64).ravel()
    return [list(pixels.shape), int(flat.sum()), int((flat * (np.arange(flat.size) + 1)).sum())]


def shrink_map(folder: Path, whole: Path, place: Path) -> None:
    """The map in ``whole`` with narrow layers between its ends, written by the product; its
    examples lie where these layers put them."""
    with safe_open(whole, "numpy") as file:
        about = file.metadata()
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    stacks = sorted({name[:-2] for name in arrays if re.match(r"(en|de)coder/|estimator ", name)})
    for number, stack in enumerate(stacks):
        many = sum(name.startswith(f"{stack}/") for name in arrays)
        widths = [
            arrays[f"{stack}/0"].shape[1],
            *[5] * (many // 2 - 1),
            len(arrays[f"{stack}/{many - 1}"]),
        ]
        random = np.random.default_rng(number)
        for k in range(many // 2):
            shape = widths[k + 1], widths[k]
            weight = random.standard_normal(shape) / np.sqrt(widths[k])
            arrays[f"{stack}/{2 * k}"] = weight.astype(np.float32)
            arrays[f"{stack}/{2 * k + 1}"] = random.standard_normal(shape[0]).astype(np.float32)
    for name in ("error_field", "empty"):
        arrays[name] = np.ascontiguousarray(arrays[name][::16, ::16])
    save_file(arrays, place, about)
    h = dnnvis.open_map(open_net(folder), place).harvest(all_pictures())
    arrays["examples/z"] = read_map(place).encode(h)[arrays["examples/index"]]
    save_file(arrays, place, about)
    write_map(read_map(place), place)
    place.with_name(f"{place.name}.previous").unlink()


def map_rows(folder: Path, file: Path) -> dict[str, NDArray[np.float32]]:
    """Hidden vectors of six pictures, and what the map in ``file`` says of them."""
    made = dnnvis.open_map(open_net(folder), file)
    h = made.harvest(all_pictures()[::4])
    return {"h": h, **map_says(made, h)}


def map_says(made: Any, h: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    z = made.encode(h)
    return {
        "z": z,
        "decoded": made.decode(z),
        "2d": made.error(h, "2d"),
        "rich": made.error(h, "rich"),
    }


def state_again(place: Path, fresh: Path) -> Line:
    """The state in ``place`` as the product writes it after reading it."""
    Session(load_state(place)).save(fresh)
    found: Line = json.loads(fresh.read_text(encoding="utf-8"))
    return found


def write_json(name: str, value: Any) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    (HERE / name).write_text(text + "\n", encoding="utf-8")


def compact(library: Path, place: Path) -> None:
    """The library in as few bytes as sqlite can, in one file."""
    import sqlite3

    place.unlink(missing_ok=True)
    with sqlite3.connect(library) as connection:
        connection.execute("VACUUM INTO ?", (str(place),))
    connection.close()


def make_all(folder: Path) -> None:
    """Write all golden files beside this one; ``folder`` is for what is thrown away."""
    run = Run(folder)
    write_json("reports.json", run.masked())
    write_json("window.json", state_json())
    for name in ("look.png", "ascent.png"):
        shutil.copy(folder / name, HERE / name)
    compact(folder / "library.sqlite", HERE / "library.sqlite")
    shutil.copy(HERE / "library.sqlite", folder / "again.sqlite")
    write_json("library.json", library_contents(folder, folder / "again.sqlite"))
    shrink_map(folder, folder / "whole.map.safetensors", HERE / "tiny.map.safetensors")
    np.savez_compressed(HERE / "map_rows.npz", **map_rows(folder, HERE / "tiny.map.safetensors"))
    shutil.copy(folder / "work" / "progress.pt", HERE / "progress.pt")
    for end in (".json", ".safetensors", ".moments.safetensors"):
        shutil.copy(folder / "out" / f"golden-life{end}", HERE / f"golden-life{end}")
    (HERE / "help").mkdir(exist_ok=True)
    for command in COMMANDS:
        (HERE / "help" / help_file(command)).write_text(help_of(command), encoding="utf-8")
    np.savez_compressed(HERE / "pictures.npz", **pictures())


def help_file(command: str) -> str:
    return f"{'-'.join(['dnnvis', *command.split()])}.txt"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        make_all(Path(place))
    for file in sorted(HERE.rglob("*.*")):
        print(f"{file.stat().st_size:9,}  {file.relative_to(HERE)}")
