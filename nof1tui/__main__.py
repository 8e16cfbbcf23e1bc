"""Where the program starts: `nof1-tui` and `python -m nof1tui`."""

import sys

from nof1tui import __version__


def main() -> int:
    """Run the command line; the version is told, and the last frame shown, before anything is loaded."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"nof1-tui {__version__}")
        return 0
    return _run_with_cached_frame() if not sys.argv[1:] else _run()


def _run() -> int:
    from nof1tui.cli.main import run

    return run()


def _run_with_cached_frame() -> int:
    import os

    from nof1tui.cli.splash_frame import show_cached_frame

    standing = show_cached_frame(dict(os.environ))
    if standing is None:
        return _run()
    try:
        from nof1tui.cli.main import run

        return run(standing=standing)
    finally:
        standing.clear()


if __name__ == "__main__":
    sys.exit(main())
