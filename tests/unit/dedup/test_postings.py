"""Segments: what is built, asked and merged, against slow readings; and that damage never goes unseen."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.dedup import postings
from transforms.dedup.fingerprints import FINGERPRINT_BITS
from transforms.dedup.postings import (
    BUCKET_POSTINGS,
    MOST_TEXTS,
    TEXT_BITS,
    Numbers,
    Segment,
    build_segment,
    find_damage,
    find_postings,
    finish_segment,
    plan_merge,
    slice_by_prefix,
    split_postings,
)

Content = list[tuple[int, list[int]]]
"""Key and fingerprints of each text."""

LARGEST = (1 << FINGERPRINT_BITS) - 1
FINGERPRINTS = st.integers(0, 5) | st.integers(0, LARGEST) | st.integers(LARGEST - 3, LARGEST)
CONTENTS = st.lists(st.tuples(st.integers(0, 12), st.lists(FINGERPRINTS, max_size=12)), max_size=8)


def numbers(*values: int) -> Numbers:
    return np.array(values, np.uint64)


def build(content: Content) -> Segment:
    marks = [mark for _, taken in content for mark in taken]
    return build_segment(
        numbers(*(key for key, _ in content)), numbers(*marks), np.array([len(taken) for _, taken in content], np.int64)
    )


def merge_segments(segments: list[Segment], left_out: Numbers) -> Segment:
    merger = plan_merge(segments, left_out)
    return finish_segment(np.concatenate(list(merger.merge_parts())), merger.text_keys)


def build_large(seed: int = 1, texts: int = 300) -> Segment:
    """A segment of some sixty thousand postings, so of many buckets."""
    source = np.random.default_rng(seed)
    counts = source.integers(150, 250, texts)
    marks = source.integers(0, 1 << FINGERPRINT_BITS, int(counts.sum()), np.uint64)
    keys = source.integers(0, 1 << 63, texts, np.uint64)
    return build_segment(keys, marks, counts.astype(np.int64))


def list_content(segment: Segment) -> set[tuple[int, int]]:
    """Key and fingerprint of every posting."""
    marks, texts = split_postings(segment.postings)
    return set(zip(segment.text_keys[texts].tolist(), marks.tolist(), strict=True))


def first_of_each_key(content: Content) -> dict[int, list[int]]:
    return dict(reversed(content))


def expect_content(*contents: Content) -> set[tuple[int, int]]:
    first = first_of_each_key([text for content in contents for text in content])
    return {(key, mark) for key, taken in first.items() for mark in taken}


def same(one: Segment, other: Segment) -> bool:
    names = ("postings", "text_keys", "bucket_ends", "bucket_checksums")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def check_sound(segment: Segment) -> None:
    assert (np.diff(segment.postings.astype(object)) > 0).all()
    assert np.unique(segment.text_keys).size == segment.text_keys.size
    assert find_damage(segment) is None


# --- building --------------------------------------------------------------------------------------------------------


def test_a_posting_is_a_fingerprint_above_a_text() -> None:
    segment = build([(70, [9, 3, 9]), (50, [3]), (70, [1])])
    assert segment.text_keys.tolist() == [70, 50]
    assert segment.postings.tolist() == [3 << TEXT_BITS, 3 << TEXT_BITS | 1, 9 << TEXT_BITS]
    assert [part.tolist() for part in split_postings(segment.postings)] == [[3, 3, 9], [0, 1, 0]]


@settings(deadline=None)
@given(CONTENTS)
def test_a_segment_holds_each_text_once(content: Content) -> None:
    segment = build(content)
    check_sound(segment)
    assert segment.text_keys.tolist() == list(dict.fromkeys(key for key, _ in content))
    assert list_content(segment) == expect_content(content)


def test_buckets_are_equal_parts_of_the_range() -> None:
    segment = build_large()
    buckets = segment.bucket_ends.size
    assert buckets & (buckets - 1) == 0
    assert BUCKET_POSTINGS <= segment.postings.size / buckets < 2 * BUCKET_POSTINGS
    parts = segment.postings.astype(object) * buckets >> 64
    assert segment.bucket_ends.tolist() == np.cumsum(np.bincount(parts.astype(np.int64), minlength=buckets)).tolist()
    assert np.unique(segment.bucket_checksums).size == buckets


def test_an_empty_segment_is_whole() -> None:
    for segment in (build([]), build([(5, [])]), merge_segments([], numbers()), merge_segments([build([])], numbers())):
        check_sound(segment)
        assert segment.postings.size == 0
        found, damaged = find_postings(segment, numbers(0, 7, LARGEST))
        assert (found.size, damaged.size) == (0, 0)
    assert build([(5, [])]).text_keys.tolist() == [5]


def test_more_texts_than_a_segment_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    three = [build([(key, [key])]) for key in (1, 2, 3)]
    monkeypatch.setattr(postings, "MOST_TEXTS", 2)
    with pytest.raises(ValueError, match="2 texts at most, not 3"):
        build([(1, []), (2, []), (3, [])])
    with pytest.raises(ValueError, match="2 texts at most, not 3"):
        plan_merge(three, numbers())
    assert plan_merge(three, numbers(2)).text_keys.tolist() == [1, 3]
    assert MOST_TEXTS == 1 << 24


# --- asking ----------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(CONTENTS, st.sets(FINGERPRINTS, max_size=12))
def test_all_postings_of_the_fingerprints_asked_are_found(content: Content, asked: set[int]) -> None:
    segment = build(content)
    found, damaged = find_postings(segment, numbers(*sorted(asked)))
    assert found.tolist() == [posting for posting in segment.postings.tolist() if posting >> TEXT_BITS in asked]
    assert damaged.size == 0


@pytest.mark.parametrize("share", [0.001, 0.1, 1.0])
def test_many_buckets_are_asked_as_one_would_read_them(share: float) -> None:
    segment = build_large()
    source = np.random.default_rng(2)
    held = np.unique(split_postings(segment.postings)[0])
    asked = np.union1d(
        source.choice(held, int(held.size * share), replace=False),
        source.integers(0, 1 << FINGERPRINT_BITS, 500, np.uint64),
    )
    found, damaged = find_postings(segment, asked)
    assert np.array_equal(found, segment.postings[np.isin(segment.postings >> np.uint64(TEXT_BITS), asked)])
    assert damaged.size == 0


def test_a_fingerprint_of_very_many_texts_is_found_whole() -> None:
    segment = build([(key, [77]) for key in range(5_000)])
    found, _ = find_postings(segment, numbers(77))
    assert found.size == 5_000


# --- damage ----------------------------------------------------------------------------------------------------------


def flip(values: Numbers, place: int, bit: int) -> Numbers:
    flipped = values.copy()
    flipped[place] ^= np.uint64(1 << bit)
    return flipped


@pytest.fixture(scope="module")
def large() -> Segment:
    return build_large()


@settings(deadline=None)
@given(st.data(), st.integers(0, 63))
def test_one_wrong_bit_of_a_posting_is_seen(large: Segment, data: st.DataObject, bit: int) -> None:
    place = data.draw(st.integers(0, large.postings.size - 1))
    hurt = replace(large, postings=flip(large.postings, place, bit))
    assert find_damage(hurt) == f"1 of {large.bucket_ends.size} buckets are not what was written"
    bucket = int(np.searchsorted(large.bucket_ends, place, side="right"))
    held, _ = split_postings(large.postings)
    _, damaged = find_postings(hurt, held[place : place + 1])
    assert damaged.tolist() == [bucket]
    # What is not read is not looked at.
    elsewhere = np.unique(held[: int(large.bucket_ends[bucket - 1])] if bucket else held[int(large.bucket_ends[0]) :])
    found, damaged = find_postings(hurt, elsewhere)
    assert damaged.size == 0
    assert np.array_equal(found, find_postings(large, elsewhere)[0])


@settings(deadline=None)
@given(st.data(), st.integers(0, 63), st.sampled_from(["bucket_ends", "bucket_checksums"]))
def test_one_wrong_bit_of_the_directory_is_seen(large: Segment, data: st.DataObject, bit: int, name: str) -> None:
    values: Numbers = getattr(large, name)
    place = data.draw(st.integers(0, values.size - 1))
    assert find_damage(replace(large, **{name: flip(values, place, bit)})) is not None


def test_a_directory_that_is_cut_is_seen(large: Segment) -> None:
    assert find_damage(replace(large, bucket_ends=large.bucket_ends[:-1])) == "its directory is not whole"
    assert find_damage(replace(large, bucket_ends=numbers(), bucket_checksums=numbers())) is not None
    assert find_damage(replace(large, postings=large.postings[:-1])) == "its directory does not fit its postings"


def test_postings_that_changed_places_are_seen(large: Segment) -> None:
    swapped = large.postings.copy()
    swapped[[10, 11]] = swapped[[11, 10]]
    assert find_damage(replace(large, postings=swapped)) is not None


# --- merging ---------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(CONTENTS, max_size=4), st.sets(st.integers(0, 12), max_size=4))
def test_merging_is_building_at_once(contents: list[Content], left_out: set[int]) -> None:
    merged = merge_segments([build(content) for content in contents], numbers(*left_out))
    check_sound(merged)
    kept = [text for content in contents for text in content if text[0] not in left_out]
    assert same(merged, build(kept))
    assert list_content(merged) == expect_content(kept)


def test_large_segments_are_merged_in_parts() -> None:
    one, other = build_large(1), build_large(2)
    merger = plan_merge([one, other], one.text_keys[:7])
    parts = list(merger.merge_parts())
    assert len(parts) == 1 << postings.MERGED_PARTS_BITS
    assert all((np.diff(part.astype(object)) > 0).all() for part in parts)
    assert sum(part.size for part in parts) < merger.most_postings == one.postings.size + other.postings.size
    merged = merge_segments([one, other], one.text_keys[:7])
    check_sound(merged)
    gone = set(one.text_keys[:7].tolist())
    expected = {pair for pair in list_content(one) | list_content(other) if pair[0] not in gone}
    assert list_content(merged) == expected


@settings(deadline=None)
@given(st.lists(FINGERPRINTS, max_size=40), st.sampled_from([0, 1, 6, 8, 12]))
def test_slices_are_equal_parts_of_the_range(marks: list[int], bits: int) -> None:
    segment = build([(1, marks)])
    cuts: npt.NDArray[np.int64] = slice_by_prefix(segment.postings, bits)
    assert cuts.size == (1 << bits) + 1
    assert (cuts[0], cuts[-1]) == (0, segment.postings.size)
    for part in np.flatnonzero(np.diff(cuts)).tolist():
        assert {posting >> (64 - bits) for posting in segment.postings[cuts[part] : cuts[part + 1]].tolist()} == {part}
