import sys
import threading

import pytest

from fermata.kit.loading import load, load_aside

# Each package brings in a part of the other, and is slow at it: whoever starts with the other one meets in the middle.
_PACKAGES = {
    "left/__init__.py": "import time; time.sleep(0.05); from {left}.whole import WHOLE",
    "left/whole.py": "from {right}.part import PART; WHOLE = PART",
    "left/part.py": "PART = 1",
    "right/__init__.py": "import time; time.sleep(0.05); from {right}.whole import WHOLE",
    "right/whole.py": "from {left}.part import PART; WHOLE = PART",
    "right/part.py": "PART = 2",
}


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Give the names of two packages that lean on each other, not yet loaded."""
    names = {side: f"loading_{side}" for side in ("left", "right")}
    for path, code in _PACKAGES.items():
        side, _, name = path.partition("/")
        (tmp_path / names[side]).mkdir(exist_ok=True)
        (tmp_path / names[side] / name).write_text(code.format(**names))
    monkeypatch.syspath_prepend(tmp_path)
    yield tuple(names.values())
    for name in [name for name in sys.modules if name.startswith("loading_")]:
        del sys.modules[name]


def load_at_once(names, loader):
    """Load them in one thread each, all at the same moment; return what failed."""
    failed, start = [], threading.Barrier(len(names))

    def work(name):
        start.wait()
        try:
            loader(name)
        except (ImportError, RuntimeError) as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def test_packages_that_lean_on_each_other_load_from_two_threads_at_once(packages):
    """One at a time: neither thread sees the other's half."""
    parts = [f"{name}.part" for name in packages]

    assert load_at_once(parts, load) == []
    assert [sys.modules[name].PART for name in parts] == [1, 2]


async def test_loop_goes_on_while_a_module_is_loaded_aside(tmp_path, monkeypatch):
    """Others are served meanwhile: the module here waits for one of them."""
    served = tmp_path / "served"
    (tmp_path / "loading_waits.py").write_text(
        "import pathlib, time\n"
        "for _ in range(5000):\n"
        f"    if pathlib.Path({str(served)!r}).exists(): break\n"
        "    time.sleep(0.001)\n"
        "else: raise ImportError('the loop stood still')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    loading = load_aside("loading_waits")
    served.touch()
    await loading

    assert sys.modules.pop("loading_waits")
