"""Markers of lines about the author, and of bylines."""

from typing import Final

from transforms.clean import patterns as p
from transforms.clean.marker import Marker

PEOPLE_MARKERS: Final = (
    # About the author.
    Marker(
        "text.contact_label",
        "bio",
        r"^(?:website|web|site|twitter|facebook|instagram|e-?mail|mail|telegram|blog|substack|mastodon|"
        r"bluesky|latest book|contact|homepage)\s?[:：] ?\S",
        max_words=40,
    ),
    Marker(
        "text.about_author",
        "bio",
        r"^(?:about the (?:author|writer)s?|(?:über|zur|zum) (?:den )?autor(?:in)?|à propos de l'auteur|sobre "
        r"(?:el|la|o) autora?|l'autore)\b.{0,20}$",
    ),
    Marker(
        "text.follow_author",
        "bio",
        r"(?:follow|contact|reach|e-?mail) (?:him|her|them|the author|the reporter|[\p{L}.'-]+(?: "
        r"[\p{L}.'-]+)?) (?:on (?:twitter|x|facebook|instagram|bluesky|threads)\b|at \S+@\S+|@\w+|@ ?\S+)|"
        r"(?:can be reached|is reachable) (?:at|on|by|via) (?:\S*@\w|twitter|e-?mail|phone|[+(\d])|"
        r"tweets (?:at|as) @\w+",
        cue="follow|contact|reach|mail|tweets",
    ),
    Marker("text.lone_email", "bio", r"^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$", max_words=1),
    Marker("text.lone_handle", "bio", r"^@\w\w+$", max_words=1),
    # Who and when.
    Marker(
        "text.byline_by",
        "byline",
        rf"^(?:[Bb][Yy]|BY)\b:?\s*(?:(?:[A-Z][\p{{L}}]{{1,5}}\.|SEN\.|REP\.|GOV\.|DR\.|GEN\.|Sir|Dame|Dr|"
        rf"Prof)\s+)*{p.PEOPLE}\s*(?:[,|;/(@—–·•-].*|[\w.+-]+@.*|for .*|in \p{{Lu}}.*|(?:Published|Posted|"
        rf"Updated|Staff|Special|Associated|{p.NAME_WORD}).*)?$",
        source="opening",
        max_words=28,
    ),
    Marker(
        "text.byline_of_other_languages",
        "byline",
        rf"^(?:[Vv]on|VON|[Pp]ar|PAR|[Pp]or|POR|[Dd]i|DI|[Dd]oor|DOOR|[Aa]v|AV|[Tt]ext:|[Tt]exte ?:|Texto:|"
        rf"Автор:?|[Oo]d)\s+{p.PEOPLE}(?:\s*[,|–—·(].{{0,60}})?$",
        source="opening",
        max_words=14,
    ),
    Marker(
        "text.byline_east_asian",
        "byline",
        r"^[（(【\[]?(?:(?:取材[・･]?文|文[・･]写真|文[・･]?構成|執筆|編集委員|論説委員|(?:[\p{Han}]{1,4}(?:部|局|"
        r"支社))?記者|本[报報]?记者|本報記者|记者|作者|"
        r"撰文|文|著者)\s?[:：/／=＝]?\s?[\p{Han}\p{Hiragana}\p{Katakana}・ 　]{2,12}|[\p{Hangul}]{2,4} ?(?:선임|"
        r"전문|인턴|객원)? ?기자)"
        r"(?:[ 　]\S+@\S+)?[)）】\]]?$",
        source="opening",
        max_words=10,
    ),
    Marker("text.byline_empty", "byline", r"^(?:by|von|par|por):?$"),
    Marker(
        "text.byline_agency",
        "byline",
        rf"^(?:(?:By|Von|Par|Por|[/—–-])\s*)?(?:{p.AGENCY}|.{{2,40}}\((?:{p.AGENCY})\))(?: (?:Staff|News|"
        rf"Writer|Reporter)s?)?\.?$",
        source="opening",
        max_words=8,
    ),
    Marker(
        "text.sign_off",
        "byline",
        rf"^(?:Submitted|Posted|Written|Authored|Contributed|Story|Words|Report|Reported|Text and photos|"
        rf"Interview(?:ed)?|Review|Photographs? and text|Translated|Compiled|Edited) by:?\s+(?:the "
        rf")?{p.PEOPLE}.{{0,60}}$",
        source="opening",
        max_words=16,
    ),
    Marker("text.byline_feed", "byline", rf"^[\w.+-]+@[\w.-]+ \({p.PERSON}\)$", source="opening", max_words=6),
    Marker(
        "text.end_credit",
        "byline",
        r"^\(?(?:(?:with )?(?:additional )?(?:reporting|writing|editing|research) (?:and (?:writing|editing|"
        r"reporting) )?by\b|contributing: ?\S|compiled by|produced by|with (?:reporting|files|additional "
        r"reporting) (?:by|from)|avec (?:afp|reuters|ap)|\(?mit material von)\b",
        max_words=60,
    ),
    Marker(
        "text.contributed",
        "byline",
        r"\b(?:contributed(?: reporting)?(?: from [^.]{1,40})?(?: to (?:this|the) (?:report|story|article|"
        r"piece|post))?|wrote (?:today['’]s|this week['’]s) .{2,30}|reported from [^.]{2,40})\.?\)?$",
        source="ending",
        max_words=40,
        needs=r"^\p{Lu}|contributed",
    ),
)
