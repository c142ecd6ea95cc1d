"""Facts that outlive a process: they come back as they were, and a damaged file is as good as none."""

from pathlib import Path

import pytest

from orchestrator.boundaries.kept import Kept
from orchestrator.verbs.semantic.packed import packed, unpacked
from orchestrator.verbs.semantic.registry import facts_of

SOURCES = {
    "shop/cart.py": b"from __future__ import annotations\nimport os.path\nfrom .items import Item as Thing\n__all__ = ['Cart']\n"
    b"class Cart(Thing):\n    size: int = 3\n    @property\n    def total(self, *extra: int, tax: float = 0.2) -> float:\n"
    b"        try:\n            return self.sum(1, tax=tax)\n        except ValueError:\n            raise KeyError('x')\n",
    "shop/urls.py": b"from app import app\n\n@app.get('/carts')\nasync def carts():\n    return [{'a': 1}]\n",
    "web/cart.ts": b"import { a as b } from './a';\nexport class Cart extends b { add(x: number, y?: string): void { b.go(x); } }\n",
    "cart/cart.go": b'package cart\nimport "fmt"\nfunc Add(a int) error { fmt.Println(a); return nil }\n',
    "settings.toml": b"[tool]\nname = 'x'\n",
    "broken.py": b"def (:\n",
}


@pytest.mark.parametrize("path", SOURCES)
def test_facts_come_back_as_they_were(path: str) -> None:
    facts = facts_of(path, SOURCES[path])
    back = unpacked(packed(facts))
    assert back == facts
    assert repr(back) == repr(facts)  # enums and named tuples, not only what equals them


def test_what_one_process_kept_the_next_one_finds(tmp_path: Path) -> None:
    file = tmp_path / "home" / "cache" / "facts.db"
    assert Kept(file).read(["a"]) == {}
    Kept(file).write({"a": b"1", "b": b"2"})
    assert Kept(file).read(["a", "b", "c"]) == {"a": b"1", "b": b"2"}
    assert [path.stat().st_mode & 0o777 for path in (file.parent.parent, file.parent)] == [0o700, 0o700]


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "facts.db"
    kept = Kept(file)
    kept.write({"a": b"1"})
    file.write_bytes(b"no database at all" * 500)
    assert kept.read(["a"]) == {}
    kept.write({"a": b"3"})
    assert kept.read(["a"]) == {"a": b"3"}
    assert unpacked(b"no facts") is None


def test_a_place_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a directory should be")
    kept = Kept(tmp_path / "cache" / "facts.db")
    kept.write({"a": b"1"})
    assert kept.read(["a"]) == {}
