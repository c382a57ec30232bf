"""What a person sees while servers start."""

import io

import pytest

from devstack.progress import Progress, format_amount, format_size


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (14_000, "14 kB"), (1_440_000, "1.4 MB"), (159_000_000, "159 MB"), (2_500_000_000, "2.5 GB")],
)
def test_sizes_are_written_for_people(size: int, text: str) -> None:
    assert format_size(size) == text


def test_an_amount_shows_done_and_whole() -> None:
    assert format_amount(12_000_000, 159_000_000) == "12 MB of 159 MB (7 %)"
    assert format_amount(12_000_000, None) == "12 MB"
    assert format_amount(200, 100) == "200 B"


def test_a_plain_stream_gets_one_line_for_each_step() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.say("kafka", "starting")
    for second in range(5):
        progress.update("kafka", "starting", f"{second} s")
    progress.say("kafka", "ready")
    assert stream.getvalue() == "kafka       starting\nkafka       ready\n"


def test_a_terminal_is_repainted_in_place() -> None:
    stream = Terminal()
    progress = Progress(stream)
    progress.say("kafka", "starting")
    progress.say("registry", "starting")
    progress.update("kafka", "starting", "1 s")
    last = stream.getvalue().rpartition("F")[2]
    assert last == "\x1b[2Kkafka       starting, 1 s\n\x1b[2Kregistry    starting\n"
    assert "\x1b[2F" in stream.getvalue()


def test_a_silent_progress_writes_nothing() -> None:
    stream = Terminal()
    with Progress(stream, silent=True).ticking("kafka", "starting"):
        pass
    assert stream.getvalue() == ""


def test_a_step_that_takes_time_shows_the_seconds() -> None:
    stream = Terminal()
    with Progress(stream).ticking("kafka", "starting"):
        assert stream.getvalue() == "\x1b[2Kkafka       starting\n"
