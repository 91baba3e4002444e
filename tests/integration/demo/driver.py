"""A small program that runs a stage until it is told to end; started by test_cleanup.py."""

import asyncio
import sys
from pathlib import Path

from fermata.cli.demo.stage import Stage


async def main():
    """Start a stage in the directory named as the argument, say so, and wait."""
    root = Path(sys.argv[1])
    async with Stage.create(root, Path(sys.executable), "http://127.0.0.1:9/", "unused") as stage:
        await stage.start(lambda _: None)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.sleep(60)


asyncio.run(main())
