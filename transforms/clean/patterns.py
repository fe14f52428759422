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

EAST_ASIAN_STAMP: Final = (
    r"[年月日時时分秒년월일시분초]|午前|午後|上午|下午|凌晨|早上|晚上|오전|오후|"
    r"[（(][月火水木金土日一二三四五六월화수목금토일][)）]|[月火水木金土日]曜日?|星期[一二三四五六日天]|"
    r"周[一二三四五六日]|[월화수목금토일]요일|"
    r"(?:最終)?更新(?:日時?)?|公開(?:日時?)?|配信(?:日時?)?|掲載|発行|投稿日?|发布(?:时间|于)?|發布(?:時間|於)?|"
    r"发表于?|發表於?|更新时间|"
    r"(?:최종|기사)? ?(?:입력|수정|등록|발행|승인)|："
)
"""Words and signs that a Japanese, Chinese or Korean stamp is made of, beside digits and plain punctuation."""

CAPTION_WORD: Final = (
    r"(?:Photographs?|Photos?|PHOTOS?|Pictures?|Images?|Illustrations?|Credits?|CREDIT|Graphics?|Artwork|Fotos?|"
    r"FOTOS?|Bild(?:er)?|"
    r"Grafik|Fotografie|Illustrationen?|Crédits?(?: photos?)?|Photo d['’]archives?|Dessin|Imagen|Imágenes|"
    r"Fotografías?|Ilustración|"
    r"Infografía|Crédito|Fotografia|Immagine|Illustrazione|Imagem|Ilustração|Beeld|Afbeelding|Illustratie|Bilde|"
    r"Billede|Kuva|"
    r"Zdjęcie|Fot\.|Фото)"
)
"""What stands in front of the name of a photographer or illustrator."""

CAPTION_CUE: Final = (
    rf"[\s.!?…)\]”\"’»|,;–—-]{CAPTION_WORD}"
    r"(?:(?: credit| courtesy| illustration)?\s?[:：]| (?:by|von|de|par|por|courtesy) )"
)
EAST_ASIAN_CAPTION_CUE: Final = r"(?:写真|撮影|画像|图片来源|圖片來源|图片|圖片|图源|摄影|攝影|사진)\s?[:：=＝／/]"
"""What stands in front of the names in a caption's credit."""

_CREDIT_NAME: Final = r"(?:\p{Lu}[\p{L}\p{M}\d.'’&-]*|dpa|epa|afp|ap|imago|images|privat|handout|alliance)"
CREDIT_NAMES: Final = (
    rf"{_CREDIT_NAME}(?:(?:\s?[/|,]\s?|\s?[–—]\s|\s(?:(?:&|and|und|et|y|for|für|pour|para|via|of|de|du|la|le|van|"
    rf"von|der|the) "
    rf"){{0,2}}){_CREDIT_NAME})*"
)
"""Names of photographers, agencies and papers in a row, with what joins them."""

SENTENCE_END: Final = r"[.!?…。！？।؟][\"'”’»›)\]*_]*$"
PERIOD_END: Final = r"(?:[^.][.]|[。।])[\"'”’»›)\]*_]*$"

TEASER_OPENER: Final = (
    r"^(?:(?:more )?related(?: (?:content|articles?|coverage|stor(?:y|ies)|links?|news|posts?|topics?|"
    r"reading|videos?))?|"
    r"read (?:more|also|next)|also read|see also|more (?:stories|news|articles|coverage|headlines|on "
    r"this(?: story| topic)?)|"
    r"more (?:from|on|in) .{2,40}|(?:most|mo?re) (?:read|popular|viewed|shared|commented)(?: .{0,40})?|"
    r"popular(?: now)?|"
    r"(?:also|more|elsewhere)(?: stories)? (?:in|from|on) (?:this|our|the) (?:section|issue|site|series|archives?|"
    r"category)|"
    r"(?:other|further|similar) (?:stories|news|articles|reading)|from (?:the|our) archives?|"
    r"trending(?: .{0,20})?|recommended(?: (?:stories|for you|reading|articles|videos?))?|(?:.{0,40}\? "
    r")?you (?:may|might) (?:also )?(?:like|want to .{0,20}(?:see|view|read|watch)|enjoy|be interested "
    r"in).*|"
    r"what to read next|up next|don't miss|editor'?s'? picks?|top (?:stories|news|headlines)|"
    r"latest (?:news|stories|headlines|.{0,24}videos?)|recommended video|in case you missed it|further "
    r"reading|"
    r"mehr aus (?:dieser|der) (?:rubrik|region|ressort)|(?:weitere|ähnliche) (?:artikel|beiträge|meldungen|"
    r"nachrichten|themen)|"
    r"(?:dans la|de la) même rubrique|sur le même thème|articles (?:liés|similaires)|"
    r"(?:también )?en (?:esta|la misma) sección|(?:artículos|notas) relacionad[oa]s|(?:altri|"
    r"ti potrebbero) (?:articoli|interessare)|"
    r"(?:meer|ook) in deze rubriek|gerelateerde artikelen|関連(?:記事|ニュース)|あわせて読みたい|人気記事|"
    r"相关(?:阅读|新闻|文章)|"
    r"相關(?:閱讀|新聞|文章)|延伸(?:阅读|閱讀)|관련 ?(?:기사|뉴스)|많이 본 뉴스|"
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

MENU_WORD: Final = (
    r"(?:home|homepage|front ?page|menu|search|sections|news|latest(?: news)?|top stories|breaking(?: news)?|"
    r"local(?: news)?|"
    r"regional|national|international|nation|world(?: news)?|u\.?s\.?|uk|europe|asia|africa|politics|business|money|"
    r"economy|"
    r"markets|finance|sports?|football|opinions?|op-?ed|comment|commentary|editorials?|analysis|columns|columnists?|"
    r"letters|"
    r"views|arts|culture|books|music|film|films|movies|tv|theatre|food|fashion|style|lifestyle|life|living|travel|"
    r"health|"
    r"education|science|tech|technology|environment|climate|weather|traffic|events|what's on|entertainment|family|"
    r"announcements|notices|obituaries|classifieds|jobs|property|homes|motors|cars|gardening|community|people|magazine|"
    r"features|investigations|podcasts?|videos?|photos|pictures|gallery|galleries|live|audio|games|puzzles|crosswords?|"
    r"newsletters?|archives?|e-?paper|shop|store|subscribe|sign in|log ?in|donate|support us|about(?: us)?|"
    r"contact(?: us)?|"
    r"help|faqs?|advertise|"
    r"start(?:seite)?|aktuell(?:es)?|nachrichten|politik|wirtschaft|lokales|region|panorama|vermischtes|meinung|"
    r"kommentare?|"
    r"leserbriefe|kultur|feuilleton|wissen|wissenschaft|gesundheit|reise|ratgeber|inland|ausland|welt|termine|anzeigen|"
    r"abo|kontakt|suche|anmelden|"
    r"accueil|à la une|actualités?|actu|politique|économie|société|monde|culture|idées|débats|tribunes|santé|sciences|"
    r"planète|régions?|météo|recherche|s'abonner|"
    r"inicio|portada|noticias|política|economía|sociedad|internacional|mundo|opinión|cultura|deportes|ciencia|salud|"
    r"tecnología|cartas|sucesos|"
    r"prima pagina|notizie|cronaca|politica|economia|esteri|cultura|scienze|salute|início|notícias|esportes|desporto|"
    r"voorpagina|nieuws|binnenland|buitenland|economie|cultuur|opinie|"
    r"ホーム|トップ|ニュース|社会|政治|経済|国際|スポーツ|文化|社説|暮らし|地域|首页|新闻|国内|国际|财经|体育|社會|"
    r"經濟|國際|體育|"
    r"홈|뉴스|정치|경제|사회|국제|문화|스포츠|오피니언|главная|новости|политика|экономика|общество|мнения|культура|"
    r"спорт)"
)
"""Entries of the menus of news sites, as they stand alone on a line; compared in lower case."""

MENU_ENTRY: Final = rf"{MENU_WORD}(?: ?(?:&|\+|and|und|et|y|e|en|/) ?{MENU_WORD})?"

NEWSLETTER_TALK: Final = (
    r"\byou(?:'re|'ve| are| have)? (?:get|got|getting|receive|received|receiving|reading|seeing)\b[^.]{0,20}"
    r"\b(?:e-?mails?|letters?|newsletters?|messages?|mailings?|notes?|issues?|digests?|bulletins?|updates?)\b[^.]{0,20}"
    r"\b(?:because|as a subscriber)\b|"
    r"^(?:this|our) (?:e-?mail|newsletter|mailing|digest) (?:was|is|has been) sent to\b|"
    r"\bunsubscribe (?:here|from (?:this|these|our|my|the|all) (?:list|e-?mails?|letters?|newsletters?|mailings?))\b|"
    r"\bto stop (?:getting|receiving) (?:these|this|such|our|my) (?:e-?mails?|letters?|newsletters?|mailings?|"
    r"messages?)|"
    r"^(?:manage|update|change|edit) (?:your|my) (?:e-?mail |newsletter |mailing )?(?:subscriptions?|preferences)\b|"
    r"\bview (?:this (?:e-?mail|letter|message|newsletter)(?: online)?|it|online)? ?in (?:your|a|the) browser\b|"
    r"\b(?:was this|has this|did someone|did a friend|if someone|if a friend) .{0,24}forward(?:ed)?\b|"
    r"\bforward this ?(?:e-?mail|newsletter|letter|issue|note)? (?:on )?to (?:a friend|friends|someone)|"
    r"\bif you (?:enjoy|enjoyed|like|liked|value|love|find value in) (?:this|these|my|our|reading|getting) "
    r"(?:newsletters?|letters?|e-?mails?|digests?|mailings?)\b|"
    r"\b(?:sie (?:erhalten|bekommen|lesen)|du (?:erhältst|bekommst|liest)) "
    r"(?:diesen?|dieses|diese|unseren?|meinen?) "
    r"(?:e-?mail|mail|newsletter|brief|rundbrief|nachricht|ausgabe)\b.{0,30}\b(?:weil|da)\b|"
    r"\bnewsletter (?:wieder )?(?:abbestellen|abmelden)|"
    r"\b(?:vom|von diesem|aus dem) (?:newsletter|verteiler) (?:abmelden|austragen)|"
    r"\bim browser (?:ansehen|anzeigen|öffnen|lesen)|"
    r"\bwenn (?:ihnen|dir|euch) (?:dieser|diese|unser|mein) (?:newsletter|briefe?|rundbriefe?)\b|"
    r"\bvous recevez (?:cet|cette|ce|ces|notre|nos) "
    r"(?:e-?mails?|courriels?|lettres?|infolettres?|newsletters?|messages?)\b.{0,30}\b(?:parce qu|car\b)|"
    r"^(?:pour )?(?:vous|se) (?:désabonner|désinscrire)\b|"
    r"\b(?:voir|lire|ouvrir|afficher) .{0,24}dans (?:votre|le|un) navigateur|"
    r"\bsi vous (?:aimez|appréciez) (?:cette|ces|ma|mes|nos|notre) (?:lettres?|infolettres?|newsletters?)\b|"
    r"\b(?:recibes?|reciben|está recibiendo|estás recibiendo) (?:este|esta|estos|estas|nuestro) "
    r"(?:correos?|boletín|boletines|mensajes?|cartas?|newsletters?)\b.{0,30}\bporque\b|"
    r"^(?:para )?(?:dar(?:te|se)|date|dese) de baja\b|\b(?:ver|abrir) .{0,24}en (?:tu|su|el) navegador|"
    r"\bsi (?:te|le|os) gustan? (?:este|esta|estos|estas) (?:boletín|boletines|cartas?|newsletters?)\b|"
    r"\bricevi questa (?:e-?mail|newsletter|lettera|comunicazione) perché\b|^(?:per )?disiscriver(?:ti|si)\b|"
    r"\b(?:recebe|está recebendo|está a receber) (?:este|esta) "
    r"(?:e-?mail|newsletter|boletim|carta|mensagem) porque\b|"
    r"\b(?:je|u) (?:ontvangt|krijgt) (?:deze|dit) (?:e-?mail|mail|nieuwsbrief|bericht|brief) omdat\b|"
    r"(?:メール|メルマガ|ニュースレター).{0,20}(?:登録|購読).{0,16}(?:配信|お送り|お届け)|"
    r"(?:配信|購読)の?(?:停止|解除).{0,8}(?:こちら|手続)|"
    r"^退订|^退訂|取消订阅|取消訂閱|수신 ?거부|구독 ?(?:해지|취소)"
)
"""What only a newsletter says of itself: why it was sent, how to stop it, how to pass it on. Compared in lower case."""

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
