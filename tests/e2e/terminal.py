"""A terminal for a test: a program with a real one around it, what it shows, and the keys that are pressed in it."""

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

_CODES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[@-Z\\-_])")
# The keys for signals work only in the terminal that controls the session; its leader must ask for that itself.
_LEAD = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


class Terminal:
    """Runs a program as the foreground of a new terminal. Use it as a context manager; it ends what still runs."""

    def __init__(self, command, *, env, columns=80, rows=50):
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._first = termios.tcgetattr(self._slave)
        self.raw = ""
        # A character may arrive in two pieces.
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.program = subprocess.Popen(
            [sys.executable, "-c", _LEAD, *command],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env={**env, "TERM": "xterm-256color"},
            start_new_session=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.program.poll() is None:
            self.program.terminate()
            try:
                self.program.wait(10)
            except subprocess.TimeoutExpired:
                self.program.kill()
                self.program.wait()
        self.close()

    @property
    def text(self):
        """What was shown so far, without its control codes."""
        return _CODES.sub("", self.raw).replace("\r\n", "\n")

    @property
    def is_as_before(self):
        """Whether echo, line editing and the cursor are what they were before the program."""
        modes = termios.tcgetattr(self._slave) == self._first
        return modes and self.raw.rfind("\x1b[?25l") <= self.raw.rfind("\x1b[?25h")

    def press(self, keys):
        """Type."""
        os.write(self._master, keys)

    def wait_for(self, words, within_s=40):
        """Read until the words are shown."""
        deadline = time.monotonic() + within_s
        while words not in self.text:
            assert time.monotonic() < deadline, f"{words!r} was not shown:\n{self.text}"
            assert self.read() or self.program.poll() is None, f"it ended before {words!r}:\n{self.text}"

    def wait(self, within_s=40):
        """Read until the program ends; return its exit status."""
        deadline = time.monotonic() + within_s
        while self.program.poll() is None:
            assert time.monotonic() < deadline, f"it did not end:\n{self.text}"
            self.read()
        while self.read(0):
            pass
        return self.program.returncode

    def read(self, patience_s=0.2):
        """Take in what there is to read, waiting for a moment; return whether there was anything."""
        if not select.select([self._master], [], [], patience_s)[0]:
            return False
        self.raw += self._decoder.decode(os.read(self._master, 65536))
        return True

    def close(self):
        """Take the terminal away, as closing its window does. Idempotent."""
        for descriptor in (self._master, self._slave):
            if descriptor >= 0:
                os.close(descriptor)
        self._master = self._slave = -1
