"""Where the program starts: `nof1-tui` and `python -m nof1tui`."""

import sys

from nof1tui import __version__


def main() -> int:
    """Run the command line; the version is told before anything is loaded."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"nof1-tui {__version__}")
        return 0
    from nof1tui.cli.main import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
