from __future__ import annotations

import ftfy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from transforms.parse import parse_sources

from .parse_helpers import list_lines, make_sources, parse_one

LINE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff"))


def test_lines_are_numbered_and_gaps_counted() -> None:
    parsed = parse_one("a.txt", "\n\nFirst\n  Second  \n\n \t\n\nThird\n\n")
    assert list(parsed.lines.select("line", "text", "blank_before").iter_rows()) == [
        (0, "First", 2),
        (1, "Second", 0),
        (2, "Third", 3),
    ]
    assert parsed.lines["hint"].null_count() == parsed.lines["hint_rule"].null_count() == 3


def test_every_line_end_counts() -> None:
    parsed = parse_one("a.txt", "a\r\nb\rc\u2028d\u2029e\x85f\x0cg\vh\r\n\r\ni")
    assert list_lines(parsed) == list("abcdefghi")
    assert parsed.lines["blank_before"].to_list() == [0] * 8 + [1]


def test_next_line_among_other_c1_controls_is_an_ellipsis() -> None:
    text = "He said \x93well\x85 maybe\x94 and left."
    assert list_lines(parse_one("a.txt", text)) == ["He said “well… maybe” and left."]


def test_ends_are_stripped_of_all_white_space() -> None:
    parsed = parse_one("a.txt", "\u00a0\u2003one two\u3000\u200b\n\ufeffthree\u202f\n\u200b\n\u00a0\nfour")
    assert list_lines(parsed) == ["one two", "three", "four"]
    assert parsed.lines["blank_before"].to_list() == [0, 0, 2]


def test_control_characters_go_and_tabs_stay() -> None:
    parsed = parse_one("a.txt", "word " * 200 + "a\x00b\x1bc\td")
    assert list_lines(parsed)[0].endswith("word abc\td")


def test_a_line_of_control_characters_is_blank() -> None:
    parsed = parse_one("a.txt", "word " * 200 + "\n\x07\nend")
    assert parsed.lines["blank_before"].to_list() == [0, 1]


def test_mojibake_is_repaired() -> None:
    parsed = parse_one("a.txt", "It wasnâ€™t him\nDas MÃ¤dchen fÃ¤hrt\nРџСЂРёРІРµС‚ РјРёСЂ\nItâ€™s a cafÃ© — “quoted”")
    assert list_lines(parsed) == ["It wasn’t him", "Das Mädchen fährt", "Привет мир", "It’s a café — “quoted”"]


def test_a_repair_that_yields_a_line_end_stays_one_line() -> None:
    broken = "one\u2028two – it’s".encode().decode("cp1252", "replace")
    assert "\ufffd" not in broken
    assert list_lines(parse_one("a.txt", broken)) == ["one two – it’s"]


def test_typography_of_the_author_stays() -> None:
    text = "“Curly” ‘quotes’ — ﬁne ｗｉｄｅ Å vs Å e\u0301 … ½ © à la voilà… São Paulo naïve £5 €6 §7 «guillemets» ÀÉÎ"
    assert list_lines(parse_one("a.txt", text)) == [text]


@settings(max_examples=40, deadline=None)
@given(st.lists(LINE, max_size=8))
def test_good_text_stays_byte_for_byte(lines: list[str]) -> None:
    """Lines are those of `split`, and what is not mojibake by ftfy's own measure comes back as it is."""
    text = "\n".join(line for line in lines if line.isascii())
    expected = [line.strip() for line in text.split("\n") if line.strip()]
    parsed = parse_one("a.txt", text)
    assert list_lines(parsed) == expected
    assert parsed.lines["line"].to_list() == list(range(len(expected)))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.text(st.sampled_from("aé ü–—’“”«»ñçÀßœ…ЖяСРЁјΩάπ日本語かな한국어عربية😀‍\u00a0.,\n")), min_size=1, max_size=3
    )
)
def test_characters_of_many_scripts_survive(parts: list[str]) -> None:
    """No character of a text without mojibake changes, whatever stands beside it, but for white space at line ends."""
    text = "\n".join(f"word {part} word" for part in parts)
    # A few of these characters side by side are what a wrong encoding makes of others: no reader can tell.
    assume(all(ftfy.fix_encoding(line) == line for line in text.split("\n")))
    parsed = parse_one("a.txt", text)
    expected = [line.strip(" \u00a0\u200d") for line in text.split("\n")]
    assert list_lines(parsed) == [line for line in expected if line]


@settings(max_examples=10, deadline=None)
@given(st.permutations(["a.txt", "b.txt", "c.txt", "d.txt"]))
def test_files_do_not_touch_one_another(order: list[str]) -> None:
    contents = {"a.txt": b"\n\none\ntwo\n\n\n", "b.txt": b"\nthree", "c.txt": b"\n", "d.txt": b"four\n\nfive"}
    together = parse_sources(make_sources({path: contents[path] for path in order}))
    assert together.records["source_path"].to_list() == [path for path in order if path != "c.txt"]
    for path, content in contents.items():
        alone = parse_one(path, content)
        identifiers = alone.records["document_id"].to_list()
        assert together.lines.filter(together.lines["document_id"].is_in(identifiers)).equals(alone.lines)
