"""What the lines around an article say: the patterns that several rules share.

Patterns follow the syntax of Rust's `regex` (no look-around, no back-reference), which matches in linear time.
A pattern that is read against `key` is written in lower case with straight apostrophes; see `features.measure_lines`.
"""

from typing import Final

AGENCY: Final = (
    r"(?:AP|A\.P\.|(?:The )?Associated Press|AFP|Agence France[- ]Presse|Reuters|REUTERS|UPI|EPA(?:-EFE)?|"
    r"EFE|ANSA|DPA|dpa|"
    r"TASS|Sputnik|Xinhua|Kyodo|PA(?: Wire| Images| Media)?|Press Association|Anadolu(?: Agency)?|"
    r"Bloomberg|TNS|"
    r"Tribune News Service|CNN NewSource|Canadian Press|AAP|ANP|APA|Belga|Keystone|Lehtikuva|PTI|IANS|ANI|"
    r"Europa Press)"
)
"""News agencies, which supply text as well as pictures."""

PICTURE_AGENCY: Final = (
    r"(?:Getty(?: Images)?|iStock(?:photo)?|Shutterstock|Alamy(?: Stock Photo)?|ZUMA(?: Press| Wire)?|"
    r"Rex(?: Features)?|"
    r"NurPhoto|Polaris|Sipa(?: USA)?|ABACA|Magnum|Redux|Corbis|AP Images|AP Photo|(?:picture[- ]alliance)|"
    r"imago(?: images)?|"
    r"ddp|Unsplash|Pexels|Pixabay|Flickr|Wikimedia(?: Commons)?|Creative Commons|WireImage|FilmMagic|SOPA "
    r"Images|Newscom)"
)
"""Agencies and archives that supply pictures only, so that their name is a photo credit wherever it stands alone."""

CREDITOR: Final = rf"(?:{AGENCY}|{PICTURE_AGENCY})"

NAME_WORD: Final = r"\p{Lu}[\p{L}\p{M}'’.\-]*"
NAME_PARTICLE: Final = (
    r"(?:[Dd]e|[Dd]a|[Dd]el|[Dd]ella|[Dd]i|dos|du|[Vv]an|[Vv]on|[Dd]er|den|ter|ten|[Ll]e|[Ll]a|bin|ibn|al|"
    r"el|y|af|zu)"
)
PERSON: Final = rf"{NAME_WORD}(?: {NAME_PARTICLE}){{0,2}}(?: {NAME_WORD}){{1,3}}"
"""A name of two to four capitalised words, with initials and particles: the shape only, whoever bears it."""
PEOPLE: Final = rf"{PERSON}(?:(?:\s*,\s*|\s+(?:and|AND|And|und|et|y|e|og|och|en)\s+|\s*&\s*){PERSON})*"

BYLINE_REST: Final = (
    r"\s*(?:\b(?:About|Email|E-mail|Archive|Bio|Follow|Contact|Contributors?|Published|Posted|Updated|"
    r"Originally|Special to|"
    r"Staff|Opinion|The|Reporter|Columnist|Correspondent|Associated|Editor|Writer|(?:Mon|Tues|Wednes|"
    r"Thurs|Fri|Satur|Sun)day|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? \d)|[@|/(\d]|[–—·•]).*$"
)
"""Where the names of a byline end: dates, affiliations, links."""

NOT_A_NAME: Final = (
    r"\b(?:an|the|and|or|of|in|on|at|to|for|from|with|is|are|was|how|why|what|when|who|where|your|our|my|"
    r"new|"
    r"news|latest|live|video|videos|photos|gallery|share|read|more|top|most|related|trending|popular|"
    r"stories|story|"
    r"sign|log|subscribe|home|front|frontpage|menu|search|contact|about|privacy|policy|terms|edition|"
    r"section|"
    r"times|post|herald|tribune|gazette|guardian|journal|magazine|daily|weekly|press|media|radio|tv|today|"
    r"online|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|opinion|analysis|politics|business|sports?|"
    r"world|"
    r"culture|technology|science|health|travel|entertainment|obituaries|comments?|table|contents|"
    r"conclusion|introduction|"
    r"watch|summary|overview|background|takeaways|faq|not)\b"
)
"""Words that no personal name is made of: a capitalised line that holds one is a heading, a masthead or a menu."""

MONTHS: Final = {
    "jan": 1, "january": 1, "januar": 1, "januari": 1, "jänner": 1, "janvier": 1, "janv": 1, "enero": 1, "ene": 1,
    "gennaio": 1, "gen": 1, "janeiro": 1, "stycznia": 1, "января": 1, "янв": 1, "ocak": 1, "tammikuuta": 1, "ledna": 1,
    "feb": 2, "february": 2, "februar": 2, "februari": 2, "février": 2, "févr": 2, "febrero": 2, "febbraio": 2,
    "fevereiro": 2, "fev": 2, "lutego": 2, "февраля": 2, "фев": 2, "şubat": 2, "helmikuuta": 2, "února": 2,
    "mar": 3, "march": 3, "märz": 3, "maerz": 3, "mrz": 3, "maart": 3, "mars": 3, "marzo": 3, "março": 3, "marca": 3,
    "марта": 3, "mart": 3, "maaliskuuta": 3, "března": 3, "marts": 3,
    "apr": 4, "april": 4, "avril": 4, "avr": 4, "abril": 4, "abr": 4, "aprile": 4, "kwietnia": 4, "апреля": 4,
    "апр": 4, "nisan": 4, "huhtikuuta": 4, "dubna": 4,
    "may": 5, "mai": 5, "mei": 5, "maj": 5, "mayo": 5, "maggio": 5, "mag": 5, "maio": 5, "maja": 5, "мая": 5,
    "mayıs": 5, "toukokuuta": 5, "května": 5,
    "jun": 6, "june": 6, "juni": 6, "juin": 6, "junio": 6, "giugno": 6, "giu": 6, "junho": 6, "czerwca": 6,
    "июня": 6, "haziran": 6, "kesäkuuta": 6, "června": 6,
    "jul": 7, "july": 7, "juli": 7, "juillet": 7, "juil": 7, "julio": 7, "luglio": 7, "lug": 7, "julho": 7,
    "lipca": 7, "июля": 7, "temmuz": 7, "heinäkuuta": 7, "července": 7,
    "aug": 8, "august": 8, "augustus": 8, "augusti": 8, "août": 8, "aout": 8, "agosto": 8, "ago": 8, "sierpnia": 8,
    "августа": 8, "авг": 8, "ağustos": 8, "elokuuta": 8, "srpna": 8,
    "sep": 9, "sept": 9, "september": 9, "septembre": 9, "septiembre": 9, "settembre": 9, "set": 9, "setembro": 9,
    "września": 9, "сентября": 9, "сен": 9, "eylül": 9, "syyskuuta": 9, "září": 9,
    "oct": 10, "october": 10, "okt": 10, "oktober": 10, "octobre": 10, "octubre": 10, "ottobre": 10, "ott": 10,
    "outubro": 10, "out": 10, "października": 10, "октября": 10, "окт": 10, "ekim": 10, "lokakuuta": 10, "října": 10,
    "nov": 11, "november": 11, "novembre": 11, "noviembre": 11, "novembro": 11, "listopada": 11, "ноября": 11,
    "ноя": 11, "kasım": 11, "marraskuuta": 11, "listopadu": 11,
    "dec": 12, "december": 12, "dez": 12, "dezember": 12, "décembre": 12, "déc": 12, "diciembre": 12, "dic": 12,
    "dicembre": 12, "dezembro": 12, "grudnia": 12, "декабря": 12, "дек": 12, "aralık": 12, "joulukuuta": 12,
    "prosince": 12, "desember": 12, "des": 12,
}  # fmt: skip
"""Names of months in lower case, as dates print them (Slavic and Finnish ones in the case used with a day)."""


def _alternate(words: list[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


MONTH: Final = rf"(?:{_alternate(list(MONTHS))})"

WEEKDAY: Final = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|"
    r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|"
    r"domingo|"
    r"lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|segunda-feira|terça-feira|quarta-feira|"
    r"quinta-feira|"
    r"sexta-feira|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag)"
)

ZONE: Final = (
    r"(?:[ecmp][sd]?t|ak[sd]t|hst|gmt|utc|bst|cest|cet|eest|eet|west|wet|msk|jst|kst|ist|sgt|hkt|aest|"
    r"aedt|acst|awst|"
    r"nzst|nzdt|sast|wat|eat|z|[a-z]+ time)"
)

STAMP_VERB: Final = (
    r"(?:first published|originally published|published|posted|last updated|last modified|updated|update|"
    r"modified|created|"
    r"date|publié|mis à jour|modifié|veröffentlicht|aktualisiert|stand|erstellt|publicado|actualizado|"
    r"atualizado|"
    r"pubblicato|aggiornato|gepubliceerd|bijgewerkt|publicerad|uppdaterad|opublikowano|опубликовано|"
    r"обновлено)"
)

STAMP_FILLER: Final = (
    r"(?:on|at|the|le|à|am|pm|a\.m\.?|p\.m\.?|um|uhr|de|del|el|a las|às|em|op|om|den|kl|er|st|nd|rd|th|"
    r"hrs?|"
    r"min(?:ute)?s?(?: read)?|read|reading time|lesezeit|lecture|temps de lecture|hours?|days?|weeks?|"
    r"months?|ago|"
    r"vor|minuten|stunden|tagen|il y a|heures?|jours?|hace|horas?|días?|minutos?|just now|yesterday|today|"
    r"m|h|d|about|an?)"
)

SENTENCE_END: Final = r"[.!?…。！？।؟][\"'”’»›)\]*_]*$"
PERIOD_END: Final = r"(?:[^.][.]|[。।])[\"'”’»›)\]*_]*$"

TEASER_OPENER: Final = (
    r"^(?:(?:more )?related(?: (?:content|articles?|coverage|stor(?:y|ies)|links?|news|posts?|topics?|"
    r"reading|videos?))?|"
    r"read (?:more|also|next)|also read|see also|more (?:stories|news|articles|coverage|headlines|on "
    r"this(?: story| topic)?)|"
    r"more (?:from|on|in) .{2,40}|(?:most|mo?re) (?:read|popular|viewed|shared|commented)(?: .{0,40})?|"
    r"popular(?: now)?|"
    r"trending(?: .{0,20})?|recommended(?: (?:stories|for you|reading|articles|videos?))?|(?:.{0,40}\? "
    r")?you (?:may|might) (?:also )?(?:like|want to .{0,20}(?:see|view|read|watch)|enjoy|be interested "
    r"in).*|"
    r"what to read next|up next|don't miss|editor'?s'? picks?|top (?:stories|news|headlines)|"
    r"latest (?:news|stories|headlines|.{0,24}videos?)|recommended video|in case you missed it|further "
    r"reading|"
    r"lesen sie (?:auch|mehr)|mehr zum thema|auch interessant|das könnte sie auch interessieren|"
    r"meistgelesen|"
    r"(?:à )?lire aussi|à lire(?: également)?|sur le même sujet|les plus lus|voir aussi|en savoir plus|"
    r"lea (?:también|además)|leer más|ver también|más noticias|te puede interesar|lo más leído|noticias "
    r"relacionadas|"
    r"leggi anche|potrebbe interessarti|leia (?:também|mais)|lees ook|meer nieuws|läs (?:också|även|mer)|"
    r"les også|"
    r"czytaj (?:także|też|więcej)|читайте также|lue myös)\s*[:.…>»]*$"
)
"""A line that stands over a list of teasers; the lines under it are teasers too (see `rules`)."""

ROLE: Final = (
    r"(?:columnist|correspondent|reporter|journalist|writer|author|co-author|editor|critic|contributor|"
    r"host|anchor|commentator|"
    r"blogger|producer|photographer|novelist|historian|economist|professor|lecturer|fellow|scholar|"
    r"researcher|scientist|"
    r"analyst|strategist|consultant|adviser|advisor|director|president|chair(?:man|woman)?|founder|"
    r"co-founder|executive|"
    r"chief|attorney|lawyer|former|retired|veteran|member|senior|staff|freelance|student|candidate|"
    r"teacher|translator|activist)"
)
"""Callings by which a line about the author says who the author is."""


def bound_ascii(pattern: str) -> str:
    """Makes each word boundary one of ASCII words, for patterns that are read against text with typographic quotes.

    With a Unicode boundary the regex engine leaves its fast automaton at the first character beyond ASCII (`regex`
    crate, "Unicode word boundaries"): a tenth of the speed on most articles.
    """
    return pattern.replace(r"\b", r"(?-u:\b)")
