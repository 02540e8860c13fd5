"""``dnnvis replay`` and ``dnnvis recording``: what was recorded, looked at again."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.core.errors import BadInput
from dnnvis.core.formatting import format_decimals

RecordingFile = Annotated[Path, typer.Argument(help="A recording (.dnnrec).")]


@options.network_options
def replay(
    net_options: options.NetworkOptions,
    file: RecordingFile,
    net: options.Net,
    compare_output: Annotated[
        bool,
        typer.Option("--compare-output", help="Compare outputs number by number, too."),
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="Frames at most, 0 = all.")] = 0,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Run NET over the frames of a recording: how often it agrees with what was recorded."""
    with options.report_errors(debug):
        from dnnvis.library.recordings.replay import summarize
        from dnnvis.sources.recordings.reader import FrameRecording

        with FrameRecording(file) as recording:
            options.set_threads(net_options.threads)
            network = net_options.open(net)
            summary = summarize(recording, network, limit)
        if compare_output and summary["max_difference"] is None:
            raise BadInput(
                f"The outputs of {network.name} and those of {file.name} are of other sizes; "
                "compare them without --compare-output, by the names of their classes."
            )
        if json_:
            options.print_json_line(summary)
            return
        for line in _describe(summary, compare_output):
            print(line)


def recording(
    file: RecordingFile,
    export: Annotated[
        Path | None,
        typer.Option(help="Write its frames to OUT.mp4, .mkv, .avi, .gif or .npz."),
    ] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Say what is in a recording, or write its frames as a film, a GIF, or arrays."""
    with options.report_errors(debug):
        from dnnvis.library.recordings.export import export_frames
        from dnnvis.sources.recordings.reader import FrameRecording

        with FrameRecording(file) as opened:
            record: dict[str, Any] = {
                "file": str(file),
                "frames": len(opened),
                "seconds": round(opened.seconds, 3),
                "bytes": file.stat().st_size,
                "dnnvis": opened.header.dnnvis,
                "created": opened.header.created,
                "source": opened.header.source,
                "networks": [[each.name, each.fingerprint] for each in opened.networks],
                "whole": opened.is_whole,
                "notes": list(opened.notes),
            }
            if export is not None:
                damaged: list[int] = []
                record["written"] = export_frames(opened.frames(damaged), export)
                record["damaged"] = len(damaged)
        if json_:
            options.print_json_line(record)
            return
        rate = (len(opened) - 1) / opened.seconds if opened.seconds else 0.0
        print(f"{record['frames']:,} frames in {record['seconds']:.1f} s ({rate:.1f}/s), ", end="")
        print(f"{record['bytes'] / 1e6:,.1f} MB, of {record['source'] or 'an unnamed source'}")
        names = ", ".join(f"{name} ({mark[:12] or '?'})" for name, mark in record["networks"])
        print(f"recorded {record['created']} with {names}, dnnvis {record['dnnvis']}")
        for note in opened.notes:
            print(note)
        if export is not None:
            print(f"{record['written']:,} frames are in {export}.")


def _describe(summary: dict[str, Any], compare_output: bool) -> list[str]:
    """Return a summary as lines."""
    lines = [f"{summary['frames']:,} frames, {summary['compared']:,} with a recorded answer"]
    if summary["agreement"] is not None:
        lines.append(
            f"the same class in {summary['agree']:,} of {summary['compared']:,} "
            f"({summary['agreement']:.1%})"
        )
    if compare_output:
        lines.append(
            f"outputs: {summary['same_outputs']:,} equal bit for bit, largest difference "
            f"{summary['max_difference']:.3g}, mean correlation "
            f"{format_decimals(summary['mean_correlation'], 5)}"
        )
    lines += [
        f"  frame {number} ({seconds:.1f} s): {then} then, {now} now"
        for number, seconds, then, now in summary["disagreements"]
    ]
    return [*lines, *summary["notes"]]
