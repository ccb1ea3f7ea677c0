"""How much a client asks: what leaves it at each level, and what the house makes of it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tests.client.faulty import QUICK
from tests.client.test_with_the_house import PICTURE, Issue, listed, our_key
from tocsin.client import (
    Answer,
    Client,
    Frame,
    Level,
    OutagePolicy,
    Question,
    RecheckQueue,
    Settings,
    Why,
    WrongQuestion,
)
from tocsin.client.wire import item_of, weight_of
from tocsin.engine.search import Level as EngineLevel

__all__ = ["listed"]

HASHES = st.binary(min_size=32, max_size=32)
FRAMES = st.builds(
    Frame, HASHES, st.integers(0, 100), st.none() | st.floats(0, 1e8, allow_nan=False)
)
QUESTIONS = st.builds(
    Question,
    md5=st.binary(min_size=16, max_size=16),
    pdq=HASHES,
    pdq_quality=st.integers(0, 100),
    pdq_variants=st.lists(HASHES, max_size=5).map(tuple),
    frames=st.lists(FRAMES, max_size=5).map(tuple),
)


@given(QUESTIONS)
def test_no_more_leaves_than_the_level_says(question: Question) -> None:
    exact, near = item_of(question, Level.EXACT), item_of(question, Level.NEAR)
    assert exact.keys() == {"id", "md5"}
    assert "pdq_variants" not in near
    assert ("frames" in near) == bool(question.frames)
    assert weight_of([question], Level.EXACT) == 1
    assert weight_of([question], Level.THOROUGH) >= weight_of([question], Level.NEAR) >= 1


@given(QUESTIONS)
def test_what_is_let_in_unchecked_is_asked_again_as_it_was(question: Question) -> None:
    from tocsin.client.recheck import _question

    assert _question(item_of(question)) == question


@pytest.mark.parametrize(
    "wrong",
    [
        {"pdq_variants": (bytes(32),)},
        {"pdq": bytes(32), "pdq_quality": 9, "pdq_variants": (bytes(31),)},
        {"pdq": bytes(32), "pdq_quality": 9, "pdq_variants": (bytes(32),) * 401},
        {"frames": (Frame(bytes(8), 90, None),)},
        {"frames": (Frame(bytes(32), 101, None),)},
        {"frames": (Frame(bytes(32), 90, 0.0),) * 2_001},
    ],
)
def test_what_cannot_be_asked_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(WrongQuestion):
        Question(**({"md5": bytes(16)} | wrong))  # type: ignore[arg-type]


def test_the_queue_keeps_all_of_a_question(tmp_path: Path) -> None:
    queue = RecheckQueue(tmp_path / "queue")
    frames = (Frame(bytes(32), 90, 1.5), Frame(bytes(32), 90, None))
    asked = Question(pdq=bytes(32), pdq_quality=90, pdq_variants=(b"\1" * 32,), frames=frames)
    queue.add([(asked, Why.UNREACHABLE)], at=1.0)
    [waiting] = queue.take(1, at=2.0)
    assert waiting.question == asked


def test_a_level_that_is_none_is_refused() -> None:
    assert Settings(level="thorough").level is EngineLevel.THOROUGH  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="deep"):
        Settings(level="deep")  # type: ignore[arg-type]


def mirrored() -> bytes:
    file = io.BytesIO()
    ImageOps.mirror(Image.open(io.BytesIO(PICTURE))).save(file, "PNG")
    return file.getvalue()


@pytest.mark.server
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("level", "found"),
    [
        (Level.EXACT, Answer.NOT_LISTED),
        (Level.NEAR, Answer.NOT_LISTED),
        (Level.THOROUGH, Answer.LISTED),
    ],
)
def test_a_mirrored_copy_is_found_at_the_level_thorough(
    house: str, issue: Issue, listed: int, level: Level, found: Answer, now: datetime
) -> None:
    settings = replace(QUICK, level=level)
    key = our_key(issue())
    with Client(house, key, outage=OutagePolicy.HOLD, settings=settings) as client:
        verdict = client.check_bytes(mirrored())
        assert verdict.answer is found
        assert client.check_bytes(PICTURE).status == "listed"
        assert client.send_bytes(mirrored()).answer is found
