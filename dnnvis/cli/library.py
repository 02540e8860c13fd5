"""Run ``dnnvis library``: list, export, merge and prune what is remembered about networks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.table import show_table
from dnnvis.core.errors import BadInput

if TYPE_CHECKING:
    from dnnvis.library.scan.merge import MergeSummary
    from dnnvis.library.store.library import Library
    from dnnvis.library.store.prune import PruneSummary
    from dnnvis.library.store.records import Scan
    from dnnvis.library.store.summary import LibrarySummary
    from dnnvis.network.network import Network

app = typer.Typer(no_args_is_help=True, help="What is remembered about the units of networks.")

BYTES_PER_MB = 1e6
Net = Annotated[str | None, typer.Argument(help="The network whose library it is.")]
File = Annotated[
    Path | None, typer.Option("--file", "--library", help="The library's file; no NET needed.")
]


@app.command("list")
@options.network_options
def list_(
    net_options: options.NetworkOptions,
    net: Net = None,
    file: File = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List all libraries in the data folder, or what the one of NET (or --file) holds."""
    with options.report_errors(debug):
        if net is None and file is None:
            _list_all(json_)
            return
        from dnnvis.library.store.summary import summarize_library

        with open_library_and_network(net, file, net_options) as (library, _):
            summary = summarize_library(library)
            notes, bookmarks = library.notes(), library.bookmarks()
        if json_:
            print(json.dumps(_to_json(summary) | {"noted": notes, "bookmarked": bookmarks}))
            return
        _print_summary(summary, notes, bookmarks)


@app.command()
def merge(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FROM... INTO", help="Libraries of one network; INTO is the last."),
    ],
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Bring what is in the libraries FROM into the library INTO, which is made if need be."""
    with options.report_errors(debug):
        if len(paths) < 2:
            raise BadInput("Name the libraries to read, and last the one to write into.")
        for path, summary in zip(paths, _merge_libraries(paths[:-1], paths[-1]), strict=False):
            if json_:
                print(json.dumps({"from": str(path), "into": str(paths[-1])} | asdict(summary)))
            else:
                print(f"{path}: {_merge_sentence(summary)}")


@app.command()
@options.network_options
def prune(
    net_options: options.NetworkOptions,
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
    vectors: Annotated[
        bool, typer.Option("--vectors", help="Drop what atlases were laid out from; they stay.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")] = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Drop older pictures, unfinished scans and what nothing points to; make the file small."""
    with options.report_errors(debug):
        if best and keep is None:
            raise BadInput("Say how many of the best pictures stay: --keep 1.")
        from dnnvis.library.store.prune import prune as prune_library

        unfinished_before = ""
        if unfinished is not None:
            unfinished_before = (datetime.now(UTC) - timedelta(days=unfinished)).isoformat()
        with open_library_and_network(net, file, net_options) as (library, _):
            summary = prune_library(
                library,
                keep=keep,
                choice="best" if best else "newest",
                unfinished_before=unfinished_before,
                dry_run=dry_run,
            )
            path, vector_bytes = library.path, 0
            if vectors:
                from dnnvis.lenses.atlas.options import drop_vectors

                vector_bytes = drop_vectors(library.fingerprint, dry_run)
        if json_:
            found = {"file": str(path), "dry_run": dry_run, **asdict(summary)}
            print(json.dumps(found | {"vector_bytes": vector_bytes}))
        else:
            print(f"{path}: {_prune_sentence(summary, dry_run)}")
            if vectors:
                verb = "would drop" if dry_run else "dropped"
                print(f"{verb} {vector_bytes / BYTES_PER_MB:.2f} MB of vectors of atlases.")


@contextmanager
def open_library_and_network(
    net: str | None, file: Path | None, net_options: options.NetworkOptions
) -> "Iterator[tuple[Library, Network | None]]":
    """Open the library of a network, and the network, or the library in ``file`` alone.

    Args:
        net: The network; None where ``file`` says which library.
        file: The library's file; None: where such libraries lie.
        net_options: How the network is opened.

    Yields:
        The library, and the network, which is None where only ``file`` was named.

    Raises:
        BadInput: There is no such library, or neither NET nor ``file`` was named.
    """
    if net is None and file is None:
        raise BadInput("Say which NET, or which library with --file.")
    from dnnvis.library.store.library import Library, open_library

    network = None
    if net is not None:
        options.set_threads(net_options.threads)
        network = net_options.open(net)
    if network is not None:
        library = open_library(network, file, create=False)
    else:
        assert file is not None, "checked above"
        library = Library(file, create=False)
    with library:
        yield library, network


def _merge_libraries(sources: list[Path], into: Path) -> "list[MergeSummary]":
    from dnnvis.library.scan.merge import merge as merge_into
    from dnnvis.library.store.database import LibraryFile

    with LibraryFile(sources[0], create=False) as first:  # whose INTO is made, if need be
        fingerprint, network = first.fingerprint, first.network
    is_new = not into.exists()
    try:
        with LibraryFile(into, fingerprint, network) as target:
            return merge_into(sources, target)
    except BaseException:
        if is_new:
            for suffix in ("", "-wal", "-shm"):
                into.with_name(into.name + suffix).unlink(missing_ok=True)
        raise


def _list_all(as_json: bool) -> None:
    from dnnvis.library.store.database import LibraryFile
    from dnnvis.library.store.summary import list_library_files, summarize_library

    summaries: list[LibrarySummary] = []
    unreadable: list[tuple[Path, str]] = []
    for path in list_library_files():
        try:
            with LibraryFile(path, create=False) as library:
                summaries.append(summarize_library(library))
        except BadInput as error:
            unreadable.append((path, str(error)))
    if as_json:
        rows = [_to_json(summary) for summary in summaries]
        rows += [{"file": str(path), "error": error} for path, error in unreadable]
        print("\n".join(map(json.dumps, rows))) if rows else None
        return
    if not summaries and not unreadable:
        print("There is no library yet; `dnnvis scan`, `dnnvis render` or a kept picture makes it.")
        return
    show_table(
        ("network", "pictures", "scans", "notes", "bookmarks", "size", "last written", "file"),
        [_summary_row(summary) for summary in summaries],
    )
    for _, sentence in unreadable:
        print(sentence)


def _summary_row(summary: "LibrarySummary") -> tuple[str, ...]:
    from dnnvis.library.pages.html import replace_unprintable

    return (
        replace_unprintable(summary.network) or summary.fingerprint[:8],
        f"{sum(summary.pictures.values()):,}",
        str(len(summary.scans)),
        str(summary.notes),
        str(summary.bookmarks),
        f"{summary.bytes / BYTES_PER_MB:.1f} MB",
        summary.changed[:16].replace("T", " "),
        str(summary.path),
    )


def _to_json(summary: "LibrarySummary") -> dict[str, Any]:
    pictures = [
        {"layer": layer, "preset": preset, "pictures": count}
        for (layer, preset), count in summary.pictures.items()
    ]
    return asdict(summary) | {"path": str(summary.path), "pictures": pictures}


def _print_summary(summary: "LibrarySummary", notes: dict[str, str], bookmarks: list[str]) -> None:
    from dnnvis.library.pages.html import replace_unprintable

    print(
        f"{summary.path}: {replace_unprintable(summary.network)} ({summary.fingerprint[:16]}), "
        f"{summary.bytes / BYTES_PER_MB:.1f} MB"
    )
    if summary.pictures:
        rows = [
            (replace_unprintable(layer), replace_unprintable(preset) or "-", f"{count:,}")
            for (layer, preset), count in summary.pictures.items()
        ]
        show_table(("layer", "preset", "pictures"), rows)
    else:
        print("No picture was kept yet.")
    if summary.scans:
        show_table(
            ("looked through", "pictures", "best", "layers", "state"),
            [_scan_row(scan) for scan in summary.scans],
        )
    else:
        print("No pictures were looked through yet.")
    for unit, text in notes.items():
        print(f"note to {replace_unprintable(unit)}: {' '.join(replace_unprintable(text).split())}")
    if bookmarks:
        print("bookmarks: " + ", ".join(map(replace_unprintable, bookmarks)))


def _scan_row(scan: "Scan") -> tuple[str, ...]:
    from dnnvis.library.pages.html import replace_unprintable

    layers = ", ".join(map(replace_unprintable, scan.layers[:3]))
    layers += f" ... ({len(scan.layers)})" if len(scan.layers) > 3 else ""
    state = "finished" if scan.finished else "not finished"
    state += f", {len(scan.skipped)} unreadable" if scan.skipped else ""
    return (
        replace_unprintable(scan.source),
        f"{scan.seen:,} of {scan.total:,}",
        str(scan.k),
        layers,
        state,
    )


def _merge_sentence(summary: "MergeSummary") -> str:
    """Say ``12 pictures (3 known), 1 note, 2 scans ...``."""
    parts = [f"{_pluralize(summary.pictures, 'new picture')} ({summary.known:,} known before)"]
    parts.append(_pluralize(summary.notes, "new note"))
    if summary.joined:
        parts.append(f"two notes joined for {', '.join(summary.joined)}")
    parts.append(_pluralize(summary.bookmarks, "new bookmark"))
    parts.append(_pluralize(summary.scans, "scan") + " taken over")
    if summary.added:
        parts.append(_pluralize(summary.added, "scan") + " added up with what was here")
    if summary.worse:
        parts.append(_pluralize(summary.worse, "scan") + " left out, as more is known here")
    if summary.apart:
        parts.append(f"data that are others here, kept as {', '.join(summary.apart)}")
    return "; ".join(parts) + "."


def _prune_sentence(summary: "PruneSummary", dry_run: bool) -> str:
    dropped = (
        f"{_pluralize(summary.pictures, 'picture')}, {_pluralize(summary.scans, 'scan')}, "
        f"{_pluralize(summary.orphans, 'orphan')} ({_pluralize(summary.rows, 'row')})"
    )
    saved_mb = (summary.bytes_before - summary.bytes_after) / BYTES_PER_MB
    rest = f"{summary.bytes_after / BYTES_PER_MB:.2f} MB"
    if dry_run:
        return f"would drop {dropped}, about {saved_mb:.2f} MB; about {rest} would be left."
    return f"dropped {dropped}, {saved_mb:.2f} MB; {rest} are left."


def _pluralize(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
