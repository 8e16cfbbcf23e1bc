"""Entry point of `nof1-tui` and `python -m nof1tui`."""

import os
import sys

from nof1tui import __version__


def main() -> int:
    """Run the command line. `--version` and the last frame are printed before anything is imported."""
    if sys.argv[1:] in (["--version"], ["-V"]) and sys.stdout is not None:
        try:
            os.write(sys.stdout.fileno(), f"nof1-tui {__version__}\n".encode())
        except OSError:
            return _run()
        return 0
    return _run_with_cached_frame() if not sys.argv[1:] else _run()


def _run() -> int:
    from nof1tui.cli.main import run

    return run()


def _run_with_cached_frame() -> int:
    from nof1tui.cli.splash_frame import show_cached_frame

    cached_frame = show_cached_frame(dict(os.environ))
    if cached_frame is None:
        return _run()
    try:
        from nof1tui.cli.main import run

        return run(cached_frame=cached_frame)
    finally:
        cached_frame.clear()


if __name__ == "__main__":
    sys.exit(main())
