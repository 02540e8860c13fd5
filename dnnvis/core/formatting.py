"""Write numbers, shares and durations for people; the only place that chooses digits.

What the window shows has the decimal point of its language; the commands are English, and so are
``format_page_number``, ``format_decimals`` and ``format_cell``, whose texts go into files.
"""

import html
import math
from collections.abc import Iterable

from dnnvis.core.translation.catalog import ACTIVE, ENGLISH, localize_number, tr


def format_value(value: float, spec: str) -> str:
    """Return a number in a format of Python's, as the language of the window writes it: 1.234,5."""
    return localize_number(format(value, spec))


def join_values(values: Iterable[float], spec: str) -> str:
    """Return numbers in a format of Python's, with what no decimal point is between them."""
    separator = ", " if ACTIVE.language == ENGLISH else "; "
    return separator.join(format_value(value, spec) for value in values)


def format_number(value: float) -> str:
    """Return three significant digits, as short as they go: 2.41, 0.00312, 1.2e+06."""
    if not math.isfinite(value):
        return tr("not a number") if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return format_value(value, f".{_decimals(value)}f")
    return format_value(value, ".2g")


def format_page_number(value: float | None) -> str:
    """Return three significant digits as print has them: 1,234, −3.00, ∞; a dash for None."""
    if value is None or math.isnan(value):
        return "–" if value is None else "not a number"
    if value == 0 or math.isinf(value):
        return "0" if value == 0 else ("∞" if value > 0 else "−∞")
    if not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2e}".replace("-", "−")
    return f"{value:,.{_decimals(value)}f}".replace("-", "−")


def format_decimals(value: float | None, digits: int = 3) -> str:
    """Return ``digits`` digits after the point; a dash where there is no number."""
    return "–" if value is None or value != value else f"{value:.{digits}f}"


def format_cell(value: float | None) -> str:
    """Return a cell of a table in three significant digits: 0.123, nan; "" for None."""
    return "" if value is None else f"{value:.3g}"


def format_signed(value: float, digits: int = 1) -> str:
    """Return ``digits`` digits after the point, a true minus sign, and none before a nought."""
    return format_value(round(value, digits) + 0.0, f".{digits}f").replace("-", "−")


def format_map_value(value: float) -> str:
    """Return a share or a distance on the map: .30, 1.25; "unknown" where it is not finite."""
    if not math.isfinite(value):
        return tr("unknown")
    text = format_signed(value, 2)
    if ACTIVE.language != ENGLISH:
        return text  # 0,30
    return text.replace("0.", ".", 1) if text.startswith(("0.", "−0.")) else text


def format_tick(value: float) -> str:
    """Return a round number of an axis, with a true minus sign: −0.5, 1e−07."""
    text = format_value(value, ".6g").replace("-", "−")
    return text.replace("−0", "0" if value == 0 else "−0")


def format_percent(fraction: float, *, tenths: bool = False) -> str:
    """Return a share in [0, 1] as per cent, never 0 where it is something: 34 %, 0.4 %.

    Below 10 % two significant digits; with ``tenths`` instead one digit after the point, from
    0.1 % on.
    """
    value = 100 * float(fraction)
    if value == 0 or value >= (9.95 if tenths else 10):
        return f"{value:.0f} %"
    return f"{format_value(value, '.1f' if tenths and value >= 0.1 else '.2g')} %"


def format_duration(seconds: float) -> str:
    """Return ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{format_value(seconds / 3600, '.1f')} h"


def format_long_duration(seconds: float) -> str:
    """Return whole minutes, and hours from one on: ``12 min``, ``3 h 05 min``."""
    minutes = max(0, round(seconds / 60))
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def _decimals(value: float) -> int:
    """Return how many digits after the point make three significant ones of ``value``."""
    return max(0, 2 - math.floor(math.log10(abs(value))))


def as_plain_text(text: str) -> str:
    """Return a text for tool tips and message boxes, which guess whether it is markup.

    Names of files, networks and classes may look like markup, which could load files; what is
    returned shows the text itself.
    """
    if "<" not in text:
        return text
    return f"<qt>{html.escape(text)}</qt>".replace("\n", "<br>")
