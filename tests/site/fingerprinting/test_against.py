"""What `--against` says of films and of lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.engine.media.drawn import landscape, picture, saved
from tests.engine.media.films import encoded, scenes
from tests.engine.search.prints import off_by, prints, some_hash
from tests.engine.search.prints import picture as hashed
from tocsin.engine import MediaOptions, fingerprint
from tocsin.engine.fingerprints import Fingerprints, FrameHash, Gate, Sampling, VideoHashes, vpdq
from tocsin.engine.search import RULES
from tocsin.site.cli import main
from tocsin.site.fingerprinting import against, told
from tocsin.site.fingerprinting.against import Known, Original
from tocsin.site.fingerprinting.listed import Listed

Said = pytest.CaptureFixture[str]


def film(*seeds: int, gate: Gate | None = None) -> tuple[FrameHash, ...]:
    return tuple(FrameHash(n, n / 2, some_hash(seed), 90, gate) for n, seed in enumerate(seeds))


def asked(frames: Sequence[FrameHash], cropped: Sequence[FrameHash] = ()) -> Fingerprints:
    video = VideoHashes(Sampling.KEY_FRAMES, tuple(frames), None, cropped=tuple(cropped))
    return replace(prints(), video=video)


def known(films: Sequence[tuple[FrameHash, ...]] = (), pictures: Sequence[bytes] = ()) -> Known:
    listed = Listed()
    for frames in films:
        listed.films[listed.new_entry("a film")] = frames
    for value in pictures:
        listed.pictures.append((listed.new_entry("a picture"), value))
    return Known(listed)


def test_every_rule_has_words() -> None:
    assert set(against.RULE_WORDS) == {rule.name for rule in RULES}


def test_a_film_is_told_by_its_shares_and_why() -> None:
    ten = known([film(*range(4, 14))])
    assert ten.told(asked(film(*range(6, 12)))) == [
        "a film: 6 of its 6 frames (100 %) and 6 of 10 listed (60 %), found by frames: may block"
    ]
    _, rule, where = ten.told(asked(film(*range(6, 12))), explain=True)
    assert rule == against.RULE_WORDS["vpdq"]
    assert where == "it starts 1.0 s into the listed film"
    *_, where = ten.told(asked(film(0, 1, 2, 3, *range(4, 14))), explain=True)
    assert where == "the listed film starts 2.0 s into it"
    assert ten.told(asked(film(*range(4, 14))), explain=True)[-1] == "both start together"


def test_a_share_just_below_a_limit_is_not_told_as_that_limit() -> None:
    shown = known([film(*range(799))]).told(asked(film(*range(1000))))
    assert "(79 %)" in shown[0]


def test_altered_and_regular_frames_are_told_as_such() -> None:
    within = asked(film(*range(20, 30)), cropped=film(*range(10)))
    line, _, altered, _ = known([film(*range(10))]).told(within, explain=True)
    assert "found by frames within the bars: for a person to look at" in line
    assert altered == against.ALTERED_WORDS
    regular = tuple(FrameHash(n, n / 2, off_by(bytes([0b10101010] * 32), n), 90) for n in range(6))
    assert against.REGULAR_WORDS in known([regular]).told(asked(regular), explain=True)


def test_a_listed_picture_in_a_film_is_told_with_its_time() -> None:
    found = known(pictures=[off_by(some_hash(3), 8)]).told(asked(film(*range(6))), explain=True)
    assert found == [
        "a picture: 8 bits, found by frame 3: pdq at 1.500 s: may block",
        against.SINGLE_WORDS,
    ]


def test_no_match_says_what_was_asked() -> None:
    nothing = known([film(1, 2, 3)], [some_hash(4), some_hash(5)])
    assert nothing.told(asked(film(8, 9))) == ["no match among 2 pictures and 1 film"]
    assert nothing.told(asked(film(1, 2, 3, gate=Gate.ENTROPY))) == [
        "no match among 2 pictures and 1 film: none of its frames says enough to be compared"
    ]


def test_of_many_matches_the_best_are_told() -> None:
    many = known(pictures=[off_by(some_hash(1), n) for n in range(12)])
    lines = many.told(prints(hashed(1)))
    assert lines[0] == "a picture: 0 bits, found by pdq: may block"
    assert lines[-1] == "and 2 more"
    assert len(lines) == 11


def test_an_original_of_title_cards_is_found_by_its_bytes_only() -> None:
    cards = asked(film(*range(6), gate=Gate.ENTROPY))
    original = Original(cards)
    assert not original.comparable
    assert original.told(cards) == ["the same bytes: may block"]
    other = replace(asked(film(*range(6))), sha256=bytes(32))
    assert original.told(other) == ["no match (the original's PDQ must not match alone)"]


def test_explain_says_which_frames_count_and_which_do_not() -> None:
    regular = FrameHash(7, 3.5, bytes([0b10101010] * 32), 90)
    black = FrameHash(8, 4.0, some_hash(8), 10, Gate.QUALITY)
    shown = told.as_text("a", asked([*film(1, 2, 3, 3), regular, black]), explain=True)
    assert "4 different ones count in the share" in shown
    assert f"1 {told.SILENT_WORDS}" in shown
    assert f"1 of those that count {told.REGULAR_FRAMES_WORDS}" in shown
    assert f"never alone: {told.GATE_WORDS[Gate.QUALITY]}" in shown
    assert "count in the share" not in told.as_text("a", asked(film(1)), explain=False)


def said_against(known: Path, asked_for: Path, capsys: Said) -> dict[str, list[str]]:
    """What is said of each file, by its name."""
    command = ["fingerprint", "--explain", "--against", str(known), str(asked_for)]
    assert main(command) == 0
    blocks = capsys.readouterr().out.split(str(asked_for) + "/")[1:]
    return {
        block.partition("\n")[0]: [
            line.strip() for line in block.partition("  against")[2].splitlines()
        ]
        for block in blocks
    }


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    (folder / "copies").mkdir()
    frames = scenes(60)
    copies = {
        "cut.mp4": frames[12:],
        "boxed.mp4": [np.pad(frame, ((24, 24), (0, 0), (0, 0))) for frame in frames],
        "unlike.mp4": scenes(36, seed=40),
    }
    for name, some in copies.items():
        (folder / "copies" / name).write_bytes(encoded(some))
    original = encoded(frames)
    (folder / "original.mp4").write_bytes(original)
    listed = fingerprint(original, options=MediaOptions(video=Sampling.DENSE))
    assert listed.video is not None
    (folder / "list.txt").write_text(vpdq.write_text(listed.video.frames))
    return folder


@pytest.mark.parametrize("known", ["original.mp4", "list.txt"])
def test_films_are_asked_against_a_film_and_against_a_list_of_vpdq(
    films: Path, capsys: Said, known: str
) -> None:
    said = said_against(films / known, films / "copies", capsys)
    cut, rule, *_ = said["cut.mp4"]
    assert "4 of its 4 frames (100 %)" in cut
    assert cut.endswith("found by frames: may block")
    assert rule == against.RULE_WORDS["vpdq"]
    assert "for a person to look at, never for blocking" in said["boxed.mp4"][0]
    assert said["unlike.mp4"][0].startswith("no match")


def test_a_picture_of_a_list_is_found_in_a_film(tmp_path: Path, capsys: Said) -> None:
    still = landscape(384, 288, 3)
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "film.mp4").write_bytes(
        encoded([still] * 12 + scenes(24, width=384, height=288), codec="libx264")
    )
    value = fingerprint(saved(picture(384, 288, 3), "PNG")).pdq
    assert value is not None
    (tmp_path / "hashes.txt").write_text(f"{some_hash(1).hex()}\n{value.hex()}\nno hash\n")
    command = ["fingerprint", "--against", str(tmp_path / "hashes.txt"), str(tmp_path / "films")]
    assert main(command) == 0
    shown = capsys.readouterr()
    [line] = [one for one in shown.out.splitlines() if one.startswith("  against")]
    assert "line 2: " in line
    assert line.endswith("bits, found by frame 0: pdq at 0.000 s: may block")
    assert "1 lines or fingerprints are none that can be compared" in shown.err


def test_a_list_that_is_broken_is_told(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "list.json").write_text(f'["{some_hash(1).hex()},90,0.0", ')
    asked_for = str(tmp_path / "list.json")
    assert main(["fingerprint", "--against", asked_for, asked_for]) == 2
    assert "this is not JSON" in capsys.readouterr().err
