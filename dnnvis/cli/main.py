"""The ``dnnvis`` program."""

import typer

from dnnvis.cli import train

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(train.app, name="train")
