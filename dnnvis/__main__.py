"""``python -m dnnvis`` and the console script."""


def main() -> None:
    """Run the command line."""
    from dnnvis.cli.main import app

    app()


if __name__ == "__main__":
    main()
