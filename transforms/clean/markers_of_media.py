"""Markers of captions, posts, dates and list items; and those strong enough to take out a line of any length."""

from typing import Final

from transforms.clean import patterns as p
from transforms.clean.marker import CAPTION_WORDS, SHORT_WORDS, Marker

MEDIA_MARKERS: Final = (
    # Captions.
    Marker(
        "text.caption_label",
        "caption",
        r"^(?:image (?:caption|copyright|source|credit)|image:|\(?(?:file )?(?:photo|photos|photograph|"
        r"picture|image|screenshot|graphic|illustration|video|media|credits?|photo credit|photo illustration|"
        r"chart|map|foto|fotos|bild|bildquelle|quelle|grafik|crédits?|crédit photo|photo ?d'archives?|imagen|"
        r"fotografía|crédito|fuente|zdjęcie|kuva|фото)(?: (?:by|from|courtesy(?: of)?|via|von|de|credit))?(?: "
        r"?[:：]| by | courtesy | via )|credit ?\p{L}+ ?\p{L}* ?(?:/|for |via )|credit:?)",
        max_words=SHORT_WORDS,
    ),
    Marker("text.caption_credit_glued", "caption", r"^Credit\p{Lu}.{2,80}$", source="opening", max_words=14),
    Marker(
        "text.caption_alone",
        "caption",
        r"^(?:(?:pool|file|handout|courtesy|undated) (?:photo|image|picture)s?\b.{0,60}|image|photo|photos|"
        r"(?:from )?.{2,24} via [a-z]{2,12})$",
        max_words=10,
    ),
    Marker(
        "text.photo_credit",
        "caption",
        rf"^\(?[^.!?]{{2,60}}?\s*(?:[/|,]|via|for|—|-)\s*{p.CREDITOR}(?:\s*[/|,]\s*[^.!?]{{2,30}}| for "
        rf"[^.!?]{{2,30}})*\)?$",
        source="opening",
        max_words=10,
    ),
    Marker("text.picture_agency", "caption", rf"^{p.PICTURE_AGENCY}$", source="opening", max_words=4),
    # Posts set into the article.
    Marker("text.post_attribution", "quote", r"^[—–-]+ ?.+\(@\w+\)", max_words=16),
    Marker(
        "text.post_shared",
        "quote",
        r"^(?:a (?:post|photo|video) (?:shared|posted) by|view this post on instagram)",
        max_words=24,
    ),
    Marker("text.post_stamp", "quote", r"^[a-z]{3} \d{1,2}, \d{4} at \d{1,2}:\d{2} ?[ap]m p[ds]t$", max_words=8),
    Marker("text.post_link", "quote", r"(?:https?://t\.co/|pic\.twitter\.com/)\w+", max_words=80),
    # Dates, times, reading times.
    Marker("text.time_head", "heading", r"^\d{1,2}(?::\d{2})? ?(?:a\.m\.|p\.m\.)$", max_words=2),
    Marker(
        "text.reading_time",
        "dateline",
        r"^(?:\d{1,3} ?-? ?min(?:ute)?s?\.?(?: (?:read|listen|lesezeit|de lecture|de lectura))?|(?:reading "
        r"time|lesezeit|temps de lecture|tiempo de lectura):? ?(?:ca\.? ?)?\d{1,3} ?\p{L}*\.?)$",
        max_words=6,
    ),
    Marker(
        "text.issue_line",
        "dateline",
        r"^(?:(?:(?:issue|no|number|edition|vol(?:ume)?|letter|newsletter|bulletin|dispatch|digest|ausgabe|nr|"
        r"nummer|heft|"
        r"folge|brief|rundbrief|jahrgang|numéro|n[º°]|lettre|infolettre|número|núm|edición|boletín|carta|numero|"
        r"edizione|"
        r"edição|uitgave|nieuwsbrief)\.?\s*(?:no\.?|nr\.?|n[º°]|#)?\s*(?:\d{1,5}|[ivxlc]{1,7})\b|#\d{1,5}\b|"
        r"第\d{1,5}[号期號])[\s,|·•:/–—-]*){1,2}"
        rf"(?:[\s\d,.:;/|·•()–—-]|\b(?:{p.MONTH}|{p.WEEKDAY}|{p.STAMP_FILLER})\b\.?|{p.EAST_ASIAN_STAMP}|"
        r"\d(?:st|nd|rd|th|er)\b)+$",
        max_words=14,
        # "Issue 7 March 2026" does not say which of the two the number counts.
        needs=rf"(?:\d\s*[,|·•:/–—-]|[号期號ivxlc]\b|\b{p.WEEKDAY}\b).*(?:\b{p.MONTH}\b|\d[./-]\d{{1,2}}[./-]\d|月)",
    ),
    Marker(
        "text.date_line",
        "dateline",
        rf"^(?:[\s\d,.:;/|·•()–—+-]|\b(?:{p.MONTH}|{p.WEEKDAY}|{p.ZONE}|{p.STAMP_VERB}|{p.STAMP_FILLER})\b\.?|"
        rf"{p.EAST_ASIAN_STAMP}|\d(?:st|nd|rd|th|er|[hmd])\b|\d{{1,2}}h\d{{2}}|\d(?:am|pm)\b|t\d|\d[zt])+$",
        max_words=18,
        needs=r"\d|^(?:just now|yesterday|today)$",
    ),
    Marker("text.date_label", "dateline", rf"^{p.STAMP_VERB}(?: (?:on|at|le|am|il|op))?:?$", max_words=3),
    # List items.
    Marker(
        "text.list_mark",
        "list_item",
        r"^(?:[•‣◦▪●■►▶✓✔➤*–-]\s+[\p{L}\p{N}\"“‘'(\[$€£@#]|[•‣◦▪●■►▶]\S|\(?\d{1,2}[.)]\s+\S|\(?[a-h]\)\s+\S)",
        max_words=400,
    ),
)

EDGE_MARKERS: Final = (
    Marker(
        "text.follow_author",
        "bio",
        r"(?:[Ff]ollow|[Cc]ontact|[Ee]-?mail) (?:him|her|them) (?:on (?:Twitter|X|Facebook|Instagram|Bluesky)\b|"
        r"at:? \S*@\S+|@ ?\w+).{0,60}$|\b(?:He|She|They) tweets? (?:at|as)? ?@\w+.{0,40}$",
        source="ending",
        min_words=SHORT_WORDS + 1,
        max_words=70,
        cue=r"(?:ollow|ontact|mail) (?:him|her|them) (?:on [TXFIB]|at:? \S*@|@)|(?:He|She|They) tweets? (?:at|as)? ?@",
    ),
    Marker("text.dashed_heading", "heading", r"^[–—-] .{2,80} [–—-]$", source="opening", max_words=14),
    Marker(
        "text.script",
        "ad",
        r"^\s*(?:window\._|\(function|var |googletag|_taboola|if \(typeof|document\.|!function|<script)",
        source="opening",
        max_words=10_000,
    ),
    Marker(
        "text.note",
        "note",
        r"^[(*\[]*(?:(?i:editor'?’?s note|author['’]s note|correction|clarification|"
        r"disclosure))\b[^.]{0,30}[:—–]",
        source="opening",
        max_words=400,
    ),
    Marker(
        "text.list_mark",
        "list_item",
        r"^(?:[•‣◦▪●■►▶✓✔➤*–-]\s+[\p{L}\p{N}\"“‘'(\[$€£@#]|[•‣◦▪●■►▶]\S|\d{1,2}[.)]\s+\S)",
        source="opening",
        min_words=SHORT_WORDS + 1,
        max_words=1_000,
    ),
    Marker(
        "text.caption_opening",
        "caption",
        r"^(?:Enlarge this image|(?:Facebook|Twitter|Pinterest)(?: (?:Facebook|Twitter|Pinterest|Email|"
        r"WhatsApp|Messenger)){1,5} \p{Lu}|Media caption|FILE ?[-–—]|\(?FILE\)|Image caption|File photo|In "
        r"this (?:[A-Z][a-z]+\.? \d{1,2}, \d{4}|[A-Z][a-z]+ \d{4}|\w+)[^.]{0,24}(?:photo|image|picture|frame|"
        r"file))",
        source="opening",
        max_words=130,
    ),
    Marker(
        "text.caption_credit",
        "caption",
        rf"\((?:[^()]*\b(?:Photo|photo|Foto|PHOTO|Picture|Bild|Crédit|Imagen|Image|Illustration|Screenshot|Handout|"
        rf"Courtesy|courtesy|Pool|"
        rf"via|Credit)\b[^()]*|[^()]{{2,60}}/\s?(?:{p.CREDITOR}|[A-Z]{{2,6}}|[^()]{{2,30}})|(?i:[^()]*all "
        rf"rights reserved[^()]*))\)\]?(?:\s+(?:less|more|hide caption))?$",
        source="ending",
        max_words=130,
    ),
    Marker(
        "text.caption_credit_at_end",
        "caption",
        rf"(?:[.!?…)\]”\"’»|,;–—-]\s?|\s){p.CAPTION_WORD}(?: credit| courtesy|"
        rf" illustration)?\s?[:：]\s?(?:©\s?)?(?:by |von |de )?"
        rf"{p.CREDIT_NAMES}[.)]?$|"
        rf"(?:[.!?…)\]”\"’»|;–—]\s?){p.CAPTION_WORD} (?:by|von|de|par|por|courtesy(?: of)?) {p.CREDIT_NAMES}[.)]?$",
        source="ending",
        max_words=CAPTION_WORDS,
        cue=p.CAPTION_CUE,
    ),
    Marker(
        "text.caption_credit_at_end",
        "caption",
        rf"{p.EAST_ASIAN_CAPTION_CUE}\s?[^。．.]{{2,24}}$",
        source="ending",
        max_words=CAPTION_WORDS,
        cue=p.EAST_ASIAN_CAPTION_CUE,
    ),
    Marker(
        "text.caption_agency",
        "caption",
        rf"\((?:[A-Z][a-z]+\.? \d{{1,2}}\)\s+(?:AP|AFP|Reuters|CNN)|[^()]{{2,50}}[,|]\s?{p.CREDITOR}\)|"
        rf"{p.PICTURE_AGENCY}\))$",
        source="ending",
        max_words=130,
    ),
    Marker(
        "text.caption_slash",
        "caption",
        rf"(?:[\p{{L}}]\s?/\s?|\|\s?|—\s|\bvia )(?:{p.PICTURE_AGENCY}|AFP|EPA|Reuters)(?: ?/ ?\p{{L}}+)?$",
        source="ending",
        max_words=60,
    ),
    Marker("text.caption_copyright_sign", "caption", r"\S\s*© ?\p{L}[\p{L} |/.&,-]+$", source="ending", max_words=60),
    Marker("text.caption_xmit", "caption", r"(?:ORG XMIT|ORIG FILE ID|\bXMIT):? ?\S+$", source="ending", max_words=300),
    Marker(
        "text.caption_folded",
        "caption",
        r"(?:[.)”\"’'] (?:less|hide caption)|\.\.\. ?more|… ?more|\bhide caption|toggle caption)$",
        source="ending",
        max_words=130,
    ),
    Marker(
        "text.caption_pipe",
        "caption",
        rf"^[^.|]{{3,50}} \| (?:[^.|]{{2,40}} \| )*{p.CREDITOR}$",
        source="opening",
        max_words=16,
    ),
    Marker(
        "text.caption_via", "caption", rf"^[^.|]{{3,50}} \| .{{2,30}}via {p.CREDITOR}$", source="opening", max_words=16
    ),
)
"""Read at the two ends of a line alone."""
