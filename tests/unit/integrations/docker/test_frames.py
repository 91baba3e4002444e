import pytest

from fermata.integrations.docker.frames import LONGEST_LINE_BYTES, BrokenStream, FrameReader, LineTail


def frame(stream, content):
    """Write one frame as an engine does."""
    return bytes([stream, 0, 0, 0]) + len(content).to_bytes(4, "big") + content


@pytest.mark.parametrize("step", [1, 3, 7, 8, 9, 1000])
def test_frames_come_out_however_they_are_cut(step):
    """The network cuts where it likes: in a header, in a content, between two frames."""
    data = frame(1, b"one\n") + frame(2, b"") + frame(2, b"two\nthree") + frame(1, b"x" * 50)
    reader = FrameReader()

    found = [item for at in range(0, len(data), step) for item in reader.feed(data[at : at + step])]

    assert found == [("stdout", b"one\n"), ("stderr", b""), ("stderr", b"two\nthree"), ("stdout", b"x" * 50)]
    assert not reader.is_within_frame


def test_half_a_frame_is_noticed():
    """The engine stopped in the middle."""
    reader = FrameReader()

    assert list(reader.feed(frame(1, b"whole")[:-2])) == []
    assert reader.is_within_frame


@pytest.mark.parametrize(
    "header", [b"plain te", b"\x09\0\0\0\0\0\0\1", b"\1\0\1\0\0\0\0\1", b"\1\0\0\0\xff\xff\xff\xff"]
)
def test_what_is_no_frame_is_refused(header):
    """A log without frames is no log with frames: no memory is set aside for nonsense."""
    with pytest.raises(BrokenStream):
        list(FrameReader().feed(header))


def test_tail_keeps_the_last_whole_lines():
    """Lines are whole whatever the contents they came in; the last without a break counts."""
    tail = LineTail(13)

    for content in (b"first\nsec", b"ond\n", b"third\nfou", b"rth"):
        tail.add(content)

    assert tail.finish() == [b"third", b"fourth"]
    assert tail.total_lines == 4


def test_one_line_larger_than_the_tail_is_kept():
    """Nothing at all would say less."""
    tail = LineTail(4)
    tail.add(b"much longer than that\n")

    assert tail.finish() == [b"much longer than that"]


def test_endless_line_costs_no_endless_memory():
    """A megabyte without a break is cut, and is still one line."""
    tail = LineTail(100_000)
    for _ in range(100):
        tail.add(b"x" * 10_000)
    tail.add(b"\nnext\n")

    first, second = tail.finish()
    assert (len(first), second) == (LONGEST_LINE_BYTES, b"next")
    assert tail.total_lines == 2
