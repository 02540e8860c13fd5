"""``dnnvis library``: what is remembered about networks, listed, exported, merged, pruned."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options as given
from dnnvis.cli.table import show_table
from dnnvis.core.errors import BadInput

if TYPE_CHECKING:
    from dnnvis.library.scan.merge import Merged
    from dnnvis.library.store.library import Library
    from dnnvis.library.store.prune import Pruned
    from dnnvis.library.store.records import Scan
    from dnnvis.library.store.summary import Holdings
    from dnnvis.network.network import Network

app = typer.Typer(no_args_is_help=True, help="What is remembered about the units of networks.")

MB = 1e6
Net = Annotated[str | None, typer.Argument(help="The network whose library it is.")]
File = Annotated[
    Path | None, typer.Option("--file", "--library", help="The library's file; no NET needed.")
]


@app.command("list")
def list_(
    net: Net = None,
    file: File = None,
    checkpoint: given.CheckpointOption = None,
    weights: given.Weights = None,
    size: given.Size = None,
    mean: given.Mean = None,
    std: given.Std = None,
    labels: given.Labels = None,
    device: given.Device = "cpu",
    threads: given.Threads = 0,
    trust_code: given.Trust = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """List all libraries in the data folder, or what the one of NET (or --file) holds."""
    with given.plainly(debug):
        if net is None and file is None:
            _list_all(json_)
            return
        wishes = given.settings(checkpoint, weights, size, mean, std, labels, device, trust_code)
        from dnnvis.library.store.summary import holdings

        with opened(net, file, wishes, threads) as (library, _):
            found = holdings(library)
            notes, marks = library.notes(), library.bookmarks()
        if json_:
            print(json.dumps(_object(found) | {"noted": notes, "bookmarked": marks}))
            return
        _show(found, notes, marks)


@app.command()
def merge(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FROM... INTO", help="Libraries of one network; INTO is the last."),
    ],
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Bring what is in the libraries FROM into the library INTO, which is made if need be."""
    with given.plainly(debug):
        if len(paths) < 2:
            raise BadInput("Name the libraries to read, and last the one to write into.")
        for path, found in zip(paths, _merged(paths[:-1], paths[-1]), strict=False):
            if json_:
                print(json.dumps({"from": str(path), "into": str(paths[-1])} | asdict(found)))
            else:
                print(f"{path}: {_came(found)}")


@app.command()
def prune(
    net: Net = None,
    file: File = None,
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="Pictures that stay of each goal and preset; all unless said."),
    ] = None,
    best: Annotated[bool, typer.Option("--best", help="Keep the best, not the newest.")] = False,
    unfinished: Annotated[
        float | None,
        typer.Option(min=0, help="Drop scans that did not end, older than so many days."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")] = False,
    checkpoint: given.CheckpointOption = None,
    weights: given.Weights = None,
    size: given.Size = None,
    mean: given.Mean = None,
    std: given.Std = None,
    labels: given.Labels = None,
    device: given.Device = "cpu",
    threads: given.Threads = 0,
    trust_code: given.Trust = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Drop older pictures, unfinished scans and what nothing points to; make the file small."""
    with given.plainly(debug):
        if best and keep is None:
            raise BadInput("Say how many of the best pictures stay: --keep 1.")
        wishes = given.settings(checkpoint, weights, size, mean, std, labels, device, trust_code)
        from dnnvis.library.store.prune import prune as drop

        before = ""
        if unfinished is not None:
            before = (datetime.now(UTC) - timedelta(days=unfinished)).isoformat()
        with opened(net, file, wishes, threads) as (library, _):
            found = drop(
                library, keep=keep, choice="best" if best else "newest",
                unfinished_before=before, dry_run=dry_run,
            )  # fmt: skip
            path = library.path
        if json_:
            print(json.dumps({"file": str(path), "dry_run": dry_run} | asdict(found)))
        else:
            print(f"{path}: {_went(found, dry_run)}")


@contextmanager
def opened(
    net: str | None, file: Path | None, wishes: dict[str, Any], threads: int
) -> "Iterator[tuple[Library, Network | None]]":
    """The library of a network, in ``file`` or where such libraries lie, and the network; or
    the library in ``file`` alone. Raises BadInput where there is none."""
    if net is None and file is None:
        raise BadInput("Say which NET, or which library with --file.")
    from dnnvis.library.store.library import Library, open_library

    network = None
    if net is not None:
        import dnnvis  # lazy: the help text must not cost seconds

        given.set_threads(threads)
        network = dnnvis.open(net, **wishes)
    if network is not None:
        library = open_library(network, file, create=False)
    else:
        assert file is not None, "checked above"
        library = Library(file, create=False)
    with library:
        yield library, network


def _merged(sources: list[Path], into: Path) -> "list[Merged]":
    from dnnvis.library.scan.merge import merge as bring
    from dnnvis.library.store.database import LibraryFile

    with LibraryFile(sources[0], create=False) as first:  # whose INTO is made, if need be
        fingerprint, network = first.fingerprint, first.network
    is_new = not into.exists()
    try:
        with LibraryFile(into, fingerprint, network) as target:
            return bring(sources, target)
    except BaseException:
        if is_new:
            for end in ("", "-wal", "-shm"):
                into.with_name(into.name + end).unlink(missing_ok=True)
        raise


# ---- in words ----------------------------------------------------------------------------


def _list_all(as_json: bool) -> None:
    from dnnvis.library.store.database import LibraryFile
    from dnnvis.library.store.summary import files_in_data_folder, holdings

    found: list[Holdings] = []
    broken: list[tuple[Path, str]] = []
    for path in files_in_data_folder():
        try:
            with LibraryFile(path, create=False) as library:
                found.append(holdings(library))
        except BadInput as why:
            broken.append((path, str(why)))
    if as_json:
        rows = [_object(one) for one in found]
        rows += [{"file": str(path), "error": why} for path, why in broken]
        print("\n".join(map(json.dumps, rows))) if rows else None
        return
    if not found and not broken:
        print("There is no library yet; `dnnvis scan`, `dnnvis render` or a kept picture makes it.")
        return
    show_table(
        ("network", "pictures", "scans", "notes", "bookmarks", "size", "last written", "file"),
        [_row(one) for one in found],
    )
    for _, sentence in broken:
        print(sentence)


def _row(one: "Holdings") -> tuple[str, ...]:
    from dnnvis.library.pages.html import printable

    return (
        printable(one.network) or one.fingerprint[:8], f"{sum(one.pictures.values()):,}",
        str(len(one.scans)), str(one.notes), str(one.bookmarks), f"{one.bytes / MB:.1f} MB",
        one.changed[:16].replace("T", " "), str(one.path),
    )  # fmt: skip


def _object(one: "Holdings") -> dict[str, Any]:
    pictures = [
        {"layer": layer, "preset": preset, "pictures": many}
        for (layer, preset), many in one.pictures.items()
    ]
    return asdict(one) | {"path": str(one.path), "pictures": pictures}


def _show(one: "Holdings", notes: dict[str, str], marks: list[str]) -> None:
    from dnnvis.library.pages.html import printable

    print(f"{one.path}: {printable(one.network)} ({one.fingerprint[:16]}), "
          f"{one.bytes / MB:.1f} MB")  # fmt: skip
    if one.pictures:
        rows = [(printable(layer), printable(preset) or "-", f"{many:,}")
                for (layer, preset), many in one.pictures.items()]  # fmt: skip
        show_table(("layer", "preset", "pictures"), rows)
    else:
        print("No picture was kept yet.")
    if one.scans:
        show_table(("looked through", "pictures", "best", "layers", "state"),
                   [_scan_row(scan) for scan in one.scans])  # fmt: skip
    else:
        print("No pictures were looked through yet.")
    for unit, text in notes.items():
        print(f"note to {printable(unit)}: {' '.join(printable(text).split())}")
    if marks:
        print("bookmarks: " + ", ".join(map(printable, marks)))


def _scan_row(scan: "Scan") -> tuple[str, ...]:
    from dnnvis.library.pages.html import printable

    layers = ", ".join(map(printable, scan.layers[:3]))
    layers += f" ... ({len(scan.layers)})" if len(scan.layers) > 3 else ""
    state = "finished" if scan.finished else "not finished"
    state += f", {len(scan.skipped)} unreadable" if scan.skipped else ""
    return printable(scan.source), f"{scan.seen:,} of {scan.total:,}", str(scan.k), layers, state


def _came(found: "Merged") -> str:
    """``12 pictures (3 known), 1 note, 2 scans ...``."""
    parts = [f"{_many(found.pictures, 'new picture')} ({found.known:,} known before)"]
    parts.append(_many(found.notes, "new note"))
    if found.joined:
        parts.append(f"two notes joined for {', '.join(found.joined)}")
    parts.append(_many(found.bookmarks, "new bookmark"))
    parts.append(_many(found.scans, "scan") + " taken over")
    if found.added:
        parts.append(_many(found.added, "scan") + " added up with what was here")
    if found.worse:
        parts.append(_many(found.worse, "scan") + " left out, as more is known here")
    if found.apart:
        parts.append(f"data that are others here, kept as {', '.join(found.apart)}")
    return "; ".join(parts) + "."


def _went(found: "Pruned", dry_run: bool) -> str:
    words = (
        f"{_many(found.pictures, 'picture')}, {_many(found.scans, 'scan')}, "
        f"{_many(found.orphans, 'orphan')} ({_many(found.rows, 'row')})"
    )
    saved = (found.bytes_before - found.bytes_after) / MB
    rest = f"{found.bytes_after / MB:.2f} MB"
    if dry_run:
        return f"would drop {words}, about {saved:.2f} MB; about {rest} would be left."
    return f"dropped {words}, {saved:.2f} MB; {rest} are left."


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
