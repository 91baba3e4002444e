"""Issues keep to what every channel keeps to."""

import pytest

from fermata.testing.channel_contract import ChannelContract


class TestIssuesKeepTheContract(ChannelContract):
    """The twin, against each strict forge."""

    @pytest.fixture(autouse=True)
    def _prepare(self, rig):
        self._rig = rig

    def make_channel(self):
        self._rig.start()
        return self._rig.channel

    def read_shown(self):
        return "\n".join(book.read() for book in self._rig.fake.books.values()).replace("`", "").replace("**", "")

    def break_channel(self):
        self._rig.break_it()

    def count_messages(self):
        return sum(len(book.issues) for book in self._rig.fake.books.values())

    def lose_answer(self):
        self._rig.lose(self._rig.create)

    def has_buttons(self):
        return "### Decide" in self._rig.book.issues[-1].body

    def choose_room(self):
        return self._rig.room

    def read_room(self, room):
        return self._rig.fake.books[room].read()
