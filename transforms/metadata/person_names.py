"""Whether a text is the name of a person: by its shape and by words that only names of organisations hold.

There is no dictionary of names, so any script and any origin is treated alike.
"""

from typing import Final

import polars as pl

from transforms.clean import patterns as p

GROUP_WORDS: Final = (
    # People who sign together, and those who sign for the paper.
    "staff|team|teams|desk|newsdesk|newsroom|editorial|editors|board|admin|administrator|"
    "guest author|guest post|anonymous|unknown|"
    "undefined|null|none|author|authors|contributor|contributors|correspondents|reporters|writers|web ?editor|"
    "webmaster|redaktion|redaktionen|redaktionsteam|onlineredaktion|redakteur|redaktie|redactie|rédaction|"
    "redaction|redacción|redaccion|redação|redacao|redazione|redakcja|redakce|redakcia|redakcija|redacția|toimitus|"
    "szerkesztőség|uredništvo|haber merkezi|editörü|редакция|редакція|σύνταξη|equipo|equipe|équipe|"
    # What stands beside bylines: networks to follow, buttons, headings of a profile.
    "twitter|facebook|instagram|linkedin|whatsapp|youtube|email|share|likes|answers|checked|dealer|from|today|"
    # Agencies and services.
    "agency|agencies|agence|agentur|agencia|agência|agenzia|agencja|agentura|ajansı|ajans|uutispalvelu|nieuwsdienst|"
    "nachrichtenagentur|presse|prensa|imprensa|stampa|wire|wires|newswire|service|services|bureau|агентство|агенція|"
    # Publishers.
    "media|medien|news|newspaper|nachrichten|noticias|notizie|nieuws|nyheter|haberler|новости|magazine|magazin|"
    "zeitung|zeitschrift|anzeiger|rundschau|tageblatt|tribune|gazette|gazeta|journal|herald|chronicle|observer|"
    "telegraph|guardian|times|republic|globe|dispatch|express|register|inquirer|daily|weekly|post|standard|"
    "online|digital|radio|tv|television|channel|studio|studios|network|networks|podcast|"
    "blog|official|publishing|publications|verlag|editions|éditions|"
    # Other bodies.
    "university|universität|université|universidad|universidade|università|universiteto|institute|institut|instituto|"
    "college|school|faculty|department|office|ministry|council|committee|commission|foundation|stiftung|fondation|"
    "fundación|association|society|union|federation|centre|center|clinic|hospital|library|museum|"
    "company|corp|corporation|inc|llc|ltd|gmbh|co|group|gruppe|groupe|grupo|holdings|partners|solutions|systems|"
    "technologies|technology|software|consulting|marketing|insurance|capital|club|academy|lab|labs|project|"
    "research|community|support|customer|experts?|advisor"
)
"""Words of names that are not of people, in many languages; compared in lower case, as whole words."""

GROUPED: Final = rf"(?i)(?:^|[^\p{{L}}])(?:{GROUP_WORDS})(?:[^\p{{L}}]|$)"
AGENCY_NAME: Final = rf"^(?:{p.PICTURE_AGENCY}|(?:The )?(?:{p.AGENCY}|CNN|BBC|NPR|USA TODAY)(?: .*)?)$"
GERMANIC_GROUP: Final = r"(?i)(?:redaktion|redaktionen|zeitung|nachrichten|agentur|verlag|magazin|medien|news|press)$"
"""Ends of compounds that name a newsroom or a paper."""
EAST_ASIAN_GROUP: Final = (
    r"(?:編集部|编辑部|編輯部|記者団|取材班|特派員|新聞社?|新闻社?|新報|日报|日報|通信社?|通訊社?|通讯社?|時報|时报|"
    r"デジタル|オンライン|ニュース|네트워크|편집부|취재팀|뉴스|신문|일보|통신|방송|디지털)"
)
ADDRESS: Final = r"(?i)[@:/\\_#<>\"“”]|\b(?:www|https?)\b|[\p{L}\d]\.(?:com|net|org|info|co|tv|[a-z]{2})\b|\d"

EAST_ASIAN_NAME: Final = r"^(?:[\p{Han}\p{Hiragana}\p{Katakana}ー・ ]{2,12}|\p{Hangul}{2,4})$"
EAST_ASIAN: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"
EAST_ASIAN_DESK: Final = r"(?:部|局|社|室|班|新聞|新闻|通信|通讯|通訊|[网網]|[报報])$"
"""Endings of the names of newsrooms and papers, which sign instead of a person."""

INITIALED: Final = r"(?:\p{Lu}\.[ -]?)+"
WORD: Final = rf"(?:{INITIALED}|\p{{Lu}}[\p{{L}}\p{{M}}'’ʻʼ.\-]*|[dDlLO]['’]\p{{Lu}}[\p{{L}}\p{{M}}'’\-]*)"
CASED_NAME: Final = rf"^{WORD}(?: (?:{p.NAME_PARTICLE}|{WORD})){{0,3}} ?{WORD}(?:,? (?:Jr|Sr|II|III|IV)\.?)?$"
UNCASED_NAME: Final = r"^[\p{L}\p{M}'’.\- ]+$"
UNCASED_CHARS: Final = (2, 60)
"""Scripts without case have no shape but their length: no sentence, no figures. Where lengths
can stand apart they are no part of a pattern: a count behind a Unicode class is what takes longest to build."""
CASED: Final = r"[\p{Lu}\p{Ll}]"
LOWERED: Final = r"^[\p{Ll}'’\-]{2,20} [\p{Ll}'’\-]{2,20}$"
"""Full names that a form took down without capitals."""
SINGLE: Final = r"^\p{Lu}\p{Ll}[\p{L}\p{M}'’\-]+$"
SINGLE_CHARS: Final = (3, 22)
CAPITALS: Final = r"^[\p{Lu}.&\-]{1,6}$"
"""One short word in capitals is an abbreviation, and abbreviations name agencies."""
MOST_WORDS: Final = 6


def is_person(name: pl.Expr, *, may_be_single: pl.Expr) -> pl.Expr:
    """Whether `name` (white space collapsed, honorifics and credits gone) is shaped like the name of a person.

    A name of one word counts only where `may_be_single`: markup that has a field for authors may hold it, a line of
    text may not.
    """
    words = name.str.count_matches(" ") + 1
    east_asian = name.str.contains(EAST_ASIAN_NAME) & ~name.str.contains(EAST_ASIAN_DESK)
    cased = name.str.contains(CASED_NAME) & (words > 1)
    uncased = ~name.str.contains(CASED) & ~name.str.contains(EAST_ASIAN) & _is_shaped(name, UNCASED_NAME, UNCASED_CHARS)
    shaped = (cased | east_asian | uncased) & (may_be_single | ~name.str.contains(rf"(?i){p.NOT_A_NAME}"))
    single = _is_shaped(name, SINGLE, SINGLE_CHARS) | name.str.contains(LOWERED)
    return (shaped | (may_be_single & single)) & (words <= MOST_WORDS) & ~is_group(name)


def _is_shaped(name: pl.Expr, pattern: str, chars: tuple[int, int]) -> pl.Expr:
    return name.str.len_chars().is_between(*chars) & name.str.contains(pattern)


def is_group(name: pl.Expr) -> pl.Expr:
    """Whether `name` holds what only agencies, papers, desks, bodies, addresses and accounts are called."""
    return (
        name.str.contains(GROUPED)
        | name.str.contains(AGENCY_NAME)
        | name.str.contains(GERMANIC_GROUP)
        | name.str.contains(EAST_ASIAN_GROUP)
        | name.str.contains(ADDRESS)
        | name.str.contains(CAPITALS)
    )
