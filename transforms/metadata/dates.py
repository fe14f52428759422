"""Publication times: a bounded set of printed layouts, read without a clock.

A layout must name day, month and year. Relative stamps ("33 minutes ago"), dates without a year, and numeric dates
whose day and month could be swapped give null: what is not stated is not guessed.
"""

# ruff: noqa: PLR2004 (months, hours and minutes)

from typing import Final

import polars as pl

from transforms.metadata.months import LISTOPADA, MONTH, MONTHS

# Digits are the ten of ASCII: `\d` would take those of every script, which do not convert to numbers.
YEAR: Final = r"(?:1[6-9]|20|21)[0-9]{2}"
DAY: Final = r"[0-9]{1,2}"

DIGITS: Final = {
    chr(start + digit): str(digit) for start in (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50) for digit in range(10)
}
"""Arabic, Persian, Devanagari, Bengali and Thai digits -> those of ASCII."""

ISO: Final = rf"({YEAR})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}})"
EAST_ASIAN: Final = rf"({YEAR}) ?[年년] ?([0-9]{{1,2}}) ?[月월] ?([0-9]{{1,2}}) ?[日일号號]"
SPACED_DOTS: Final = rf"({YEAR})\. ([0-9]{{1,2}})\. ([0-9]{{1,2}})\b"
"""The Korean layout: year, month and day, each closed by a full stop."""
DAY_FIRST: Final = (
    rf"({DAY})(?:st|nd|rd|th|er|ère|re|ος|[ºª°.]|-?[еийго]{{1,3}})?,? (?:de |of |d['’]|ta['’] |tháng )?({MONTH})"
    rf"(?:[.,]|ren)?,? (?:de |del |of |năm )?({YEAR})"
)
MONTH_FIRST: Final = rf"({MONTH})\.? ({DAY})(?:st|nd|rd|th)?,? (?:de |of )?({YEAR})"
YEAR_FIRST: Final = rf"({YEAR})(?:ko|\.|,| m\.)? ({MONTH})(?:ren)?\.? ({DAY})(?:[a.]| d\.)?"
"""Hungarian, Lithuanian, Basque and some English papers."""
YEAR_DAY_MONTH: Final = rf"({YEAR})\. gada ({DAY})\. ({MONTH})"
"""The Latvian layout."""
DAY_MONTH_DASHED: Final = rf"({DAY})[-/.]({MONTH})[-/.]({YEAR})"
VIETNAMESE: Final = rf"({DAY}) tháng ({DAY}),? (?:năm )?({YEAR})"
DOTTED: Final = rf"\b({DAY})\.\s?([0-9]{{1,2}})\.\s?({YEAR})"
SLASHED: Final = r"\b([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4}|[0-9]{2})\b"
MONTH_ONLY: Final = rf"^({YEAR})-([0-9]{{2}})$"
YEAR_ONLY: Final = rf"^({YEAR})$"
ANY_DATE: Final = (
    rf"{ISO}|{EAST_ASIAN}|{SPACED_DOTS}|{YEAR_FIRST}|{YEAR_DAY_MONTH}|{DAY_FIRST}|{MONTH_FIRST}|{DAY_MONTH_DASHED}|"
    rf"{VIETNAMESE}|{DOTTED}|"
    rf"[0-9]{{1,2}}[/-][0-9]{{1,2}}[/-](?:[0-9]{{4}}|[0-9]{{2}})"
)

TWELVE_HOUR: Final = r"\b([0-9]{1,2})(?:[:.]([0-9]{2}))?(?::([0-9]{2}))? ?([ap])\.? ?m\b"
AFTERNOON: Final = ("午後", "下午", "晚上", "오후")
EAST_ASIAN_CLOCK: Final = (
    rf"(?:(午前|上午|凌晨|早上|오전|{'|'.join(AFTERNOON)}) ?([0-9]{{1,2}}) ?[時时시点點:]|([0-9]{{1,2}}) ?[時时시点點])"
    r"(?: ?([0-9]{1,2})| ?(半|반))?"
)
"""Half of the day (none on a 24-hour clock), hour, minute."""
FULL_DAY: Final = r"(?:^|[^0-9:.])([0-9]{1,2})[:.h]([0-9]{2})(?::([0-9]{2}))?"

OFFSET: Final = r"(?:gmt|utc|[0-9]{2})? ?([+−-])([0-9]{1,2}):?([0-9]{2})?$"
ZONE_WORD: Final = (
    r"(?:[0-9]|m\.?|uhr)\s*\(?(akdt|akst|hst|est|edt|cst|cdt|mst|mdt|pst|pdt|et|ct|mt|pt|gmt|utc|bst|cest|"
    r"cet|eest|eet|wet|west|msk|"
    r"jst|kst|sgt|hkt|ist|aest|aedt|acst|awst|nzst|nzdt|sast|z)\b"
)
UPDATE_VERB: Final = (
    r"(?:updated?|modified|edited|revised|aktualisiert|geändert|ergänzt|mis à jour|modifiée?|actualisée?|"
    r"actualizad[oa]|actualitzat|modificad[oa]|atualizad[oa]|aggiornat[oa]|modificat[oa]|bijgewerkt|gewijzigd|uppdaterad|ändrad|"
    r"oppdatert|opdateret|päivitetty|muokattu|uppfært|aktualizacja|zaktualizowan[oy]|aktualizov[aá]n[oéá]|aktualizace|"
    r"frissítve|frissült|actualizat|ažurirano|posodobljeno|atnaujinta|atjaunots|uuendatud|güncelle\p{L}*|ενημ\p{L}*|"
    r"обновлен[оа]?|изменен[оа]?|оновлен[оа]?|обновено|diperbarui|kemas ?kini|cập nhật|تحديث|محدث|עודכן|עדכון|"
    r"अपडेट\p{L}*|更新|수정|업데이트)"
)
"""Verbs of change in the languages of news; what follows one is not the time of publication."""
UPDATED: Final = rf"[\s|,;:(–—·•-]*\b(?:last |first |zuletzt |última |ultimo |最終|最后|最後)?{UPDATE_VERB}.*$"
PUBLISHED_AFTER: Final = (
    rf"{UPDATE_VERB}.*\b(?:published|posted|created|veröffentlicht|erstellt|erschienen|publiée?|créée?|publicado|"
    r"publicada|pubblicato|gepubliceerd|geplaatst|publicerad|publisert|udgivet|julkaistu|opublikowano|"
    r"опубликовано|yayınlanma|公開|発行|掲載|发布|發布|입력|등록)\b(.*)$"
)
"""The part behind the verb of publication, where the update is printed first."""
DAY_FIRST_WORD: Final = (
    r"(?:^|[^\p{L}])(?:uhr|publiée?|le|à|publicado|publicada|às|el|em|pubblicato|il|alle|gepubliceerd|om|op|"
    r"publicerad|publisert|kl|den|julkaistu|opublikowano|dnia|опубликовано|montag|dienstag|mittwoch|donnerstag|"
    r"freitag|samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|"
    r"viernes|sábado|domingo|lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|segunda|terça|quarta|quinta|"
    r"sexta|thứ|ngày|pazartesi|salı|çarşamba|perşembe|cuma|cumartesi|pazar|gmt|bst|cet|cest|aest|aedt|ist)(?:[^\p{L}]|$)"
)
"""Words of languages and zones that print the day of a numeric date first."""

OFFSET_MINUTES: Final = {
    "z": 0,
    "gmt": 0,
    "utc": 0,
    "wet": 0,
    "bst": 60,
    "west": 60,
    "cet": 60,
    "cest": 120,
    "eet": 120,
    "eest": 180,
    "sast": 120,
    "msk": 180,
    "ist": 330,
    "sgt": 480,
    "hkt": 480,
    "awst": 480,
    "wib": 420,
    "jst": 540,
    "kst": 540,
    "acst": 570,
    "aest": 600,
    "aedt": 660,
    "nzst": 720,
    "nzdt": 780,
    "hst": -600,
    "akst": -540,
    "akdt": -480,
    "pst": -480,
    "pdt": -420,
    "mst": -420,
    "mdt": -360,
    "cst": -360,
    "cdt": -300,
    "est": -300,
    "edt": -240,
}
"""Zones that name one offset. IST is India's and CST the American one, as in the news pages that print them."""

AMERICAN_ZONES: Final = {
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}
"""Zones that stand for the standard or the summer time of a region, whichever holds on that day."""

AMERICAN: Final = (*AMERICAN_ZONES, "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "akst", "akdt", "hst")
"""A clock of these zones beside a numeric date says that the month is printed first."""

ARIZONA: Final = r"\b(?:arizona|phoenix|tucson)\b"
"""Arizona keeps standard time through the summer (US Code of Federal Regulations, 49 CFR 71)."""


def read_times(printed: pl.DataFrame) -> pl.DataFrame:
    """Reads the first date in `value` and the time beside it.

    Adds to each row `published_at` (UTC microseconds; null when no complete date is printed), `published_precision`
    (year, month, day, minute or second; null with it) and `is_update` (only a time of update is printed). A printed
    zone or offset is applied; a time without one is taken as UTC.
    """
    if printed.is_empty():
        # The names of months in 67 languages take a tenth of a second to build, whatever there is to read.
        return printed.with_columns(
            published_at=pl.lit(None, pl.Datetime("us", "UTC")),
            published_precision=pl.lit(None, pl.String),
            is_update=pl.lit(value=False),
        )
    # Compatibility forms are full-width digits and colons, which Chinese and Japanese pages print.
    # Lower-casing the Turkish capital I with a dot leaves the dot behind as a combining character.
    folded = (
        pl.col("value")
        .str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all("\u0307", "", literal=True)
        .str.replace_many(DIGITS)
        .str.replace_all(r"[\s\u200e\u200f]+", " ")
        .str.strip_chars()
    )
    behind = folded.str.extract(PUBLISHED_AFTER)
    folded = pl.when(behind.str.contains(ANY_DATE)).then(behind).otherwise(folded)
    first = folded.str.replace(UPDATED, "")
    has_first = first.str.contains(ANY_DATE)
    frame = printed.with_columns(
        stamp=pl.when(has_first).then(first).otherwise(folded),
        is_update=~has_first & folded.str.contains(UPDATE_VERB),
    )
    frame = frame.with_columns(rest=pl.col("stamp").str.replace(ANY_DATE, " | ")).with_columns(
        zone=pl.col("rest").str.extract(ZONE_WORD), offset=pl.col("rest").str.extract_groups(OFFSET)
    )
    frame = _read_clock(_read_date(frame))
    return _apply_zone(frame).drop(
        "stamp", "rest", "zone", "offset", "year", "month", "day", "hour", "minute", "second", "local", "exactness"
    )


def _groups(pattern: str, names: tuple[str, ...]) -> pl.Expr:
    return pl.col("stamp").str.extract_groups(pattern).struct.rename_fields(list(names))


def _read_date(frame: pl.DataFrame) -> pl.DataFrame:
    iso, asian = _groups(ISO, ("y", "m", "d")), _groups(EAST_ASIAN, ("y", "m", "d"))
    korean = _groups(SPACED_DOTS, ("y", "m", "d"))
    day_first, dashed = _groups(DAY_FIRST, ("d", "m", "y")), _groups(DAY_MONTH_DASHED, ("d", "m", "y"))
    month_first, dotted = _groups(MONTH_FIRST, ("m", "d", "y")), _groups(DOTTED, ("d", "m", "y"))
    year_first, latvian = _groups(YEAR_FIRST, ("y", "m", "d")), _groups(YEAR_DAY_MONTH, ("y", "d", "m"))
    vietnamese = _groups(VIETNAMESE, ("d", "m", "y"))
    slashed = _groups(SLASHED, ("a", "b", "y"))
    month_only, year_only = _groups(MONTH_ONLY, ("y", "m")), pl.col("stamp").str.extract(YEAR_ONLY)
    # A number above 12 can only be the day.
    a, b = slashed.struct.field("a").cast(pl.Int32), slashed.struct.field("b").cast(pl.Int32)
    is_month_first = (
        ((b > 12) & (a <= 12)) | (pl.col("zone").is_in(AMERICAN) & (a <= 12)).fill_null(value=False) | (a == b)
    )
    is_day_first = ((a > 12) | pl.col("stamp").str.contains(DAY_FIRST_WORD)) & (b <= 12)
    slashed_month = pl.when(is_month_first).then(a).when(is_day_first).then(b)
    slashed_day = pl.when(is_month_first).then(b).when(is_day_first).then(a)
    short_year = slashed.struct.field("y").cast(pl.Int32)
    slashed_year = pl.when(short_year < 100).then(short_year + 2000).otherwise(short_year)
    named = [iso, asian, korean, vietnamese, dotted]
    worded = [year_first, latvian, day_first, month_first, dashed]
    name = pl.coalesce(*(layout.struct.field("m") for layout in worded))
    listopada = pl.when(pl.col("stamp").str.contains(rf"[0-9]\. {LISTOPADA}")).then(10).otherwise(11)
    month_word = (
        pl.when(name == LISTOPADA)
        .then(listopada)
        .otherwise(name.replace_strict(MONTHS, default=None, return_dtype=pl.Int32))
    )

    def pick(field: str) -> pl.Expr:
        return pl.coalesce(*(layout.struct.field(field) for layout in named)).cast(pl.Int32)

    def pick_worded(field: str) -> pl.Expr:
        return pl.coalesce(*(layout.struct.field(field) for layout in worded)).cast(pl.Int32)

    year = pl.coalesce(
        pick("y"), pick_worded("y"), slashed_year, month_only.struct.field("y").cast(pl.Int32), year_only.cast(pl.Int32)
    )
    month = pl.coalesce(pick("m"), month_word, slashed_month, month_only.struct.field("m").cast(pl.Int32))
    day = pl.coalesce(pick("d"), pick_worded("d"), slashed_day)
    return frame.with_columns(year=year, month=month, day=day)


def _read_clock(frame: pl.DataFrame) -> pl.DataFrame:
    twelve = pl.col("rest").str.extract_groups(TWELVE_HOUR).struct.rename_fields(["h", "m", "s", "half"])
    full = pl.col("rest").str.extract_groups(FULL_DAY).struct.rename_fields(["h", "m", "s"])
    asian = (
        pl.col("rest").str.extract_groups(EAST_ASIAN_CLOCK).struct.rename_fields(["half", "h12", "h", "m", "thirty"])
    )
    half = twelve.struct.field("half")
    hour12 = twelve.struct.field("h").cast(pl.Int32) % 12 + pl.when(half == "p").then(12).otherwise(0)
    is_twelve = half.is_not_null()
    asian_half = pl.when(asian.struct.field("half").is_in(AFTERNOON)).then(12).otherwise(0)
    asian_hour = pl.coalesce(
        asian.struct.field("h12").cast(pl.Int32) % 12 + asian_half, asian.struct.field("h").cast(pl.Int32)
    )
    asian_minute = (
        pl.when(asian.struct.field("thirty").is_not_null())
        .then(30)
        .otherwise(asian.struct.field("m").cast(pl.Int32).fill_null(0))
    )
    is_asian = asian_hour.is_not_null()
    frame = frame.with_columns(
        hour=pl.when(is_twelve)
        .then(hour12)
        .when(is_asian)
        .then(asian_hour)
        .otherwise(full.struct.field("h").cast(pl.Int32)),
        minute=pl.when(is_twelve)
        .then(twelve.struct.field("m").cast(pl.Int32).fill_null(0))
        .when(is_asian)
        .then(asian_minute)
        .otherwise(full.struct.field("m").cast(pl.Int32)),
        second=pl.when(is_twelve).then(twelve.struct.field("s")).otherwise(full.struct.field("s")).cast(pl.Int32),
    )
    is_clock = (pl.col("hour") < 24) & (pl.col("minute") < 60) & pl.col("day").is_not_null()
    exactness = (
        pl.when(pl.col("year").is_null())
        .then(None)
        .when(is_clock & pl.col("second").is_not_null())
        .then(pl.lit("second"))
        .when(is_clock)
        .then(pl.lit("minute"))
        .when(pl.col("day").is_not_null())
        .then(pl.lit("day"))
        .when(pl.col("month").is_not_null())
        .then(pl.lit("month"))
        .when(pl.col("stamp").str.contains(YEAR_ONLY))
        .then(pl.lit("year"))
    )
    clock = (
        pl.when(is_clock)
        .then(
            pl.format(
                "{}:{}:{}",
                *(pl.col(part).fill_null(0).cast(pl.String).str.zfill(2) for part in ("hour", "minute", "second")),
            )
        )
        .otherwise(pl.lit("00:00:00"))
    )
    date = pl.format(
        "{}-{}-{} {}",
        "year",
        *(pl.col(part).fill_null(1).cast(pl.String).str.zfill(2) for part in ("month", "day")),
        clock,
    )
    return frame.with_columns(
        local=pl.when(exactness.is_not_null())
        .then(date)
        .str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False),
        exactness=exactness,
    )


def _apply_zone(frame: pl.DataFrame) -> pl.DataFrame:
    has_clock = pl.col("exactness").is_in(["minute", "second"])
    sign = pl.when(pl.col("offset").struct[0] == "+").then(1).otherwise(-1)
    stated = sign * (
        pl.col("offset").struct[1].cast(pl.Int32) * 60 + pl.col("offset").struct[2].cast(pl.Int32).fill_null(0)
    )
    named = pl.col("zone").replace_strict(OFFSET_MINUTES, default=None, return_dtype=pl.Int32)
    in_arizona = (pl.col("zone") == "mt") & pl.col("stamp").str.contains(ARIZONA)
    minutes = pl.coalesce(stated, named, pl.when(in_arizona).then(OFFSET_MINUTES["mst"]))
    fixed = (pl.col("local") - pl.duration(minutes=minutes)).dt.replace_time_zone("UTC")
    regional = [
        pl.when((pl.col("zone") == zone) & minutes.is_null()).then(
            pl.col("local")
            .dt.replace_time_zone(region, ambiguous="earliest", non_existent="null")
            .dt.convert_time_zone("UTC")
        )
        for zone, region in AMERICAN_ZONES.items()
    ]
    plain = pl.col("local").dt.replace_time_zone("UTC")
    zoned = pl.coalesce(pl.when(minutes.is_not_null()).then(fixed), *regional, plain)
    published_at = pl.when(has_clock).then(zoned).otherwise(plain)
    return frame.with_columns(
        published_at=published_at,
        published_precision=pl.when(published_at.is_not_null()).then("exactness"),
    )
