"""Where the project and the recorded responses are."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
RECORDINGS = Path(os.environ.get("NOF1_RECORDINGS") or ROOT.parent / "shared" / "recordings")
SCHEMAS = ROOT / "docs" / "schemas"
