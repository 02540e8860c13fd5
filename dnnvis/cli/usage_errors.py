"""Tell a slip of the keyboard on the command line in one sentence, as every other error is."""

import sys
from functools import partial
from typing import Any

import typer
from typer.core import TyperGroup

UsageError: Any = typer.BadParameter.__base__  # of click or of typer's own copy of it


class CommandGroup(TyperGroup):
    """Hold all commands, and tell in one line what was typed wrongly.

    An option, argument or command that is unknown, missing or malformed ends the program with one
    line on standard error and exit status 2.
    """

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run as typer's own, but for how such errors are told."""
        run: Any = partial(super().main, *args, **{**extra, "standalone_mode": False})
        if not standalone_mode:
            return run()
        try:
            status = run()
        except typer.Abort:
            sys.exit(1)
        except UsageError as error:
            message = error.format_message().strip().rstrip(".")
            if message:  # else the help has been printed instead
                hint = f"; see `{error.ctx.command_path} --help`" if error.ctx else ""
                print("dnnvis:", " ".join(f"{message}{hint}.".split()), file=sys.stderr)
            sys.exit(2)
        sys.exit(status if isinstance(status, int) else 0)
