"""The tests run from a checkout: ``python -m unittest`` finds them, and they find ``src``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))
