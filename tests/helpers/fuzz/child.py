"""Open changed files one after the other and report what came of each: a process of its own.

``python -m helpers.fuzz.child FOLDER`` reads pairs [kind, number] as JSON from its input. It prints
a line before and after each: the parent ends it where it takes too long, and knows the culprit.
"""

import contextlib
import json
import os
import random
import re
import resource
import shutil
import sys
import time
import warnings
import zlib
from functools import cache
from pathlib import Path
from typing import Any

from dnnvis.core.errors import DnnvisError
from dnnvis.network.weights.hdf5_file import CHILD as HDF5_CHILD
from helpers.fuzz.marker import MARKER_VARIABLE
from helpers.fuzz.mutations import mutate
from helpers.fuzz.reader import Files, Reader
from helpers.fuzz.readers import READERS

SPLICED = ("PNG", "torch zip", "tar", "safetensors", "RLE", "labels in JSON")
LONG_SECONDS = 1.0
MAX_DATA_BYTES = 16 << 30  # of address space that could be written
MAX_LETTERS = 1500
MIN_QUOTED = 8  # letters of a foreign error
#: What a sentence for users never holds.
FOREIGN = re.compile(r"Traceback|0x[0-9a-f]{6,}|<class |weights_only|\n")
#: How a sentence begins that says what a network's own code raised, which its author reads.
FAILED_NETWORK = "The network failed on"
#: Audit events of what no reader of files does.
FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect")
events: list[str] = []


@cache
def whole_files(kind: str) -> Files:
    """Return the files of a kind, unchanged."""
    return READERS[kind].make()


def changed_files(kind: str, number: int) -> Files:
    """Return the files of a kind, one of them changed by the seed ``number``."""
    reader = READERS[kind]
    generator = random.Random(zlib.crc32(f"{kind} {number}".encode()))
    files = whole_files(kind)
    name = generator.choice(reader.changed or tuple(files))
    others = [next(iter(whole_files(other).values())) for other in SPLICED]
    others += [data for key, data in files.items() if key != name] * 3 or others
    return {**files, name: mutate(files[name], others, reader.inner, generator)}


def write_files(files: Files, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def open_files(reader: Reader, folder: Path) -> tuple[str, str]:
    """Open what lies in a folder: (opened | refused | failed, the sentence or what is wrong)."""
    scratch = folder.with_name("scratch")
    scratch.mkdir(exist_ok=True)
    os.chdir(folder)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            reader.open(folder / reader.target if reader.target else folder, scratch)
    except DnnvisError as error:
        text = str(error)
        if is_sentence(text) and not quotes_foreign_error(error):
            return "refused", text
        return "failed", f"no sentence of ours: {text!r}"
    except BaseException as error:
        return "failed", describe(error)
    return "opened", ""


def is_sentence(text: str) -> bool:
    return 0 < len(text) < MAX_LETTERS and text[-1] in ".?)" and not FOREIGN.search(text)


def quotes_foreign_error(error: BaseException) -> bool:
    """Return whether a sentence holds the text of another's error that it was raised over."""
    if str(error).startswith(FAILED_NETWORK):
        return False
    context = error.__context__
    while context is not None:
        text = str(context)
        ours = type(context).__module__.startswith("dnnvis.")
        if not ours and len(text) >= MIN_QUOTED and text in str(error):
            return True
        context = context.__context__
    return False


def describe(error: BaseException) -> str:
    """Return an error with the last of our lines on its way."""
    way, trace = [], error.__traceback__
    while trace is not None:
        way.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    ours = [step for step in way if "/dnnvis/" in step] or way
    return f"{type(error).__name__}: {str(error)[:300]} at {ours[-1].rpartition('/dnnvis/')[2]}"


def reset_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """Return the greatest resident size since ``reset_peak``; 0 where it is not known."""
    with contextlib.suppress(OSError):
        match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        return int(match[1]) * 1024 if match else 0
    return 0


def run(folder: Path, kind: str, number: int) -> dict[str, Any]:
    """Open one changed file and return what came of it."""
    reader, marker = READERS[kind], Path(os.environ[MARKER_VARIABLE])
    write_files(changed_files(kind, number), folder / "files")
    reset_peak()
    events.clear()
    for _ in range(2):
        start, cpu = time.monotonic(), time.process_time()
        outcome, text = open_files(reader, folder / "files")
        cpu, seconds = time.process_time() - cpu, time.monotonic() - start
        if cpu < LONG_SECONDS:  # else once more, without the imports of the first time
            break
    if marker.exists() or events:
        marker.unlink(missing_ok=True)
        outcome, text = "failed", f"code ran: {events[:3] or marker.name}"
    return {
        "kind": kind,
        "number": number,
        "outcome": outcome,
        "text": text,
        "cpu_seconds": cpu,
        "seconds": seconds,
        "peak_bytes": peak_bytes(),
    }


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in FORBIDDEN and not is_own_reader(event, arguments):
        events.append(event)


def is_own_reader(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether the product starts its reader of HDF5, whose library is kept out of the process."""
    is_start = event == "subprocess.Popen" and len(arguments) > 1
    return is_start and list(arguments[1][:3]) == [sys.executable, "-P", str(HDF5_CHILD)]


def limit_itself() -> None:
    """Set the limits of this process; between fork and exec no Python is safe beside threads."""
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_DATA_BYTES, MAX_DATA_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(folder: Path) -> None:
    limit_itself()
    orders = json.load(sys.stdin)
    sys.addaudithook(watch)
    opened: set[str] = set()
    for kind, number in orders:
        if kind not in opened:  # the whole one first, which also imports what is needed
            say({"begin": [kind, -1]})
            opened.add(kind)
            write_files(whole_files(kind), folder / "files")
            outcome, text = open_files(READERS[kind], folder / "files")
            if outcome != "opened" and kind not in REFUSED_WHOLE:
                text = f"the whole file is {outcome}: {text}"
                say({"end": {"kind": kind, "number": -1, "outcome": "failed", "text": text}})
        say({"begin": [kind, number]})
        say({"end": run(folder, kind, number)})


#: Kinds of which the unchanged file is refused too.
REFUSED_WHOLE = ("torch tar", "bare pickle")


def say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
