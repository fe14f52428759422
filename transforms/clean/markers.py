"""Rules that need the line alone: words that only stand on lines of one kind.

The tables are read from top to bottom, the first rule that holds decides. `MARKERS` is for short lines; `EDGE_MARKERS`
holds the few signs that are strong enough to take out a line of any length, and looks at its two ends only.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.clean import patterns as p

SHORT_WORDS: Final = 24
"""Around half of the longer lines that look like junk are body (measured on nine public sets), so they stay."""


CAPTION_WORDS: Final = 70
"""The longest captions of the labelled pages have 60 words; a longer line with a credit at its end holds text too."""


@dataclass(frozen=True)
class Marker:
    """One rule: lines of at most `max_words` words whose column `source` matches `pattern` are of this kind.

    Lengths are best bounded by `max_words`: a count in braces behind a Unicode class is the dear part of a pattern,
    and Polars builds patterns anew for every batch (it keeps 32 of them).
    """

    name: str
    kind: str
    pattern: str
    source: str = "key"
    max_words: int = SHORT_WORDS
    min_words: int = 0
    needs: str = ""
    """A second pattern that must hold as well."""
    cues: tuple[str, ...] = ()
    """Strings of which one must occur. They are found far faster than a pattern that may start anywhere in the line."""


_SHARE_WORD: Final = (
    r"(?:share|shares|tweet|tweets|facebook|twitter|x|linkedin|pinterest|reddit|whatsapp|telegram|"
    r"google\+?|tumblr|flipboard|"
    r"e-?mail|print|copy(?: link)?|link|comment|comments|save|more|connect|commentemailmore|fbshare|"
    r"gshare|send|bookmark|"
    r"messenger|mastodon|bluesky|threads|instagram|youtube|rss|sms|via|on|to|this|post|article|story|pin|"
    r"like|follow|us|"
    r"teilen|drucken|merken|mail|partager|imprimer|compartir|imprimir|condividi|stampa|delen|dela|"
    r"udostępnij|поделиться)"
)

MARKERS: Final = (
    # Stray marks, counters, code.
    Marker("text.symbols_only", "navigation", r"^[^\p{L}\p{N}]+$"),
    Marker("text.ellipsis_or_entity", "navigation", r"^&?(?:nbsp|amp|quot|gt|lt|#\d+);?$"),
    Marker(
        "text.ad_marker",
        "ad",
        r"^[-–—\s]*(?:advertisement|advert|ad|ads|anzeige|publicité|publicidad|pubblicità|werbung|reklame|"
        r"reklam|annonce|annons|"
        r"advertentie|mainos|реклама|advertorial|sponsored(?: content| by .{1,30})?|supported by|promoted(?: "
        r"content)?|paid content|"
        r"(?:story|article) continue[sd] (?:below|after)(?: (?:this )?advertisement)?|continue reading below|"
        r"continue reading the main story|scroll to continue(?: reading)?|"
        r"(?:la suite )?après (?:cette|la) publicité|fin de la publicité)[.:\s–—-]*$",
    ),
    Marker(
        "text.script",
        "ad",
        r"window\._|_taboola|googletag\.|adsbygoogle|document\.(?:write|getelement|createelement)",
        max_words=400,
    ),
    # Rights.
    Marker(
        "text.rights_east_asian",
        "legal",
        r"無断(?:転載|複製|使用|引用)|転載を?(?:固く)?禁|禁(?:止)?無断|版权所有|版權所有|禁止转载|禁止轉載|不得转载|"
        r"不得轉載|未经(?:授权|许可)|"
        r"未經(?:授權|許可)|著作権は|무단 ?(?:전재|복제|배포)|저작권자|^(?:©|ⓒ|\(c\)|"
        r"copyright).*[\p{Han}\p{Hangul}\p{Katakana}].*\d{4}",
    ),
    Marker("text.copyright_credit", "caption", r"^©\s?[^\d]{2,40}$", max_words=6),
    Marker(
        "text.copyright",
        "legal",
        r"^(?:copyright\b|\(c\) ?\d{4}|© ?\d{4}|©.*(?:\d{4}|rights)|all rights reserved|tous droits réservés|"
        r"alle rechte vorbehalten|todos los derechos|tutti i diritti|all content ©)",
        max_words=60,
    ),
    Marker(
        "text.rights_reserved",
        "legal",
        r"(?:all rights reserved|droits réservés|rechte vorbehalten|derechos reservados|diritti "
        r"riservati)\.?$",
        max_words=40,
    ),
    Marker(
        "text.privacy",
        "legal",
        r"^(?:by (?:clicking|signing|subscribing|submitting|using|continuing|registering).*(?:privacy|terms|"
        r"polic|agree).*|(?:read )?(?:our )?(?:privacy (?:policy|notice|statement)|terms (?:of (?:use|"
        r"service)|and conditions|& conditions)|cookie (?:policy|settings)|datenschutz(?:erklärung)?|"
        r"impressum|mentions légales|aviso legal|política de privacidad)(?: ?[|,&·] ?.*)?)\.?$",
        max_words=60,
    ),
    Marker(
        "text.cookie_notice",
        "navigation",
        r"(?:\b(?:use[sd]?|using|accept|verwende[nt]?|nutz(?:en|t)|utilis(?:e|ons|ent)|utiliza(?:mos)?|usa|"
        r"utilizza(?:mo)?|gebruik(?:t|en)) .{0,60}cookies|^cookies?\b.{0,30}(?:settings|preferences|consent|"
        r"einstellungen))",
        max_words=60,
    ),
    # Share bars, menus, controls, forms.
    Marker(
        "text.comment_counter",
        "navigation",
        r"^(?:comments?|kommentare?|commentaires?|comentarios?|commenti|reacties|responses?|replies) "
        r"?(?:\(\d+\)|\d+)?:?$|^\d+ (?:comments?|kommentare?|commentaires?|comentarios?|commenti|reacties|"
        r"responses|replies|likes?|shares?|views?)$",
    ),
    Marker("text.share_bar", "navigation", rf"^(?:{_SHARE_WORD}|\d+|[\s,|/·•:+()-])+$", min_words=2, max_words=16),
    Marker(
        "text.share_phrase",
        "navigation",
        r"^(?:share (?:this|on|story|via|with|article|post|full|more)\b.*|share[a-z]+ more share options|"
        r"(?:read|click|tap) (?:or|to) share.*|"
        r"(?:post|tweet|e-?mail|send) (?:to|this)\b.{0,30}|close share panel|(?:auf|über|per) (?:facebook|"
        r"twitter|whatsapp|e-?mail).{0,24}|"
        r"(?:artikel|beitrag) (?:teilen|drucken|merken)|partager (?:sur|cet|l'article).*|compart(?:ir|e|a) "
        r"(?:en|esta|este|no).*|"
        r"condividi su.*|a link has been (?:sent|posted).*|cancel ?send|posted!|.*check out this (?:story|"
        r"article) on .*|"
        r"read more about (?:these links|sharing).*|read or share this story.*|these are external links.*|"
        r"follow @\w+|print (?:this|article|version).*)$",
        max_words=60,
    ),
    Marker(
        "text.control",
        "navigation",
        r"^(?:menu|search|close(?: menu)?|open|more|less|save|saved|home|back|next|prev(?:ious)?|prev next|"
        r"previous next|skip|replay|play|pause|"
        r"mute|unmute|fullscreen|full screen|exit fullscreen|expand|collapse|edition|url|gallery|slideshow|"
        r"video|videos|audio|listen|loading\.*|"
        r"load more|show (?:more|less|all|chapters|comments|caption)|show more / show less|(?:toggle|hide|"
        r"show) caption|view (?:all|more|gallery|comments)(?: .{0,16})?|see (?:all|more)|"
        r"log ?in|login|log out|sign in|register|my account|account|subscribe|tags?:?.{0,60}|filed under:?.*|"
        r"topics?:.*|categor(?:y|ies):.*|labels?:.*|"
        r"schlagworte:?.*|themen:?|mots[- ]clés ?:?.*|etiquetas:?.*|go to (?:permalink|top|comments|homepage)|"
        r"permalink|back to (?:top|gallery|home)|jump to .{0,30}|"
        r"skip to .{0,30}|scroll (?:down|up)|table of contents|contents|in this article|on this page|"
        r"inhalt(?:sverzeichnis)?|sommaire|índice|(?:previous|next) (?:post|article|story|page)(?: "
        r"(?:previous|next) (?:post|article|story|page))?|"
        r"contact(?: (?:form|us))?|about(?: us)?|rss(?: feed)?|feedback|help|faqs?|sitemap|careers|cancel|"
        r"submit|send|ok|yes|no thanks|accept(?: all)?|reject(?: all)?|continue|"
        r"listen to (?:this )?(?:article|story)|(?:audio|text) size|font size|a a a|now playing:?.{0,20}|up "
        r"next:?|autoplay|watch (?:live|now)|live|"
        r"image ?\d* ?of ?/? ?\d+|(?:image|photo|slide) ?\d+(?: ?(?:of|/) ?\d+)?|\d+ ?(?:/|of) ?\d+|"
        r"[\d.,]+[km]?|last \d+ hours:?|total:?|oops!?|uh-oh!?|404|print|e-?mail|for customers|"
        r"weiterlesen|zurück|startseite|suche|anmelden|mehr|schließen|accueil|rechercher|fermer|se connecter|"
        r"retour|inicio|buscar|cerrar|menú|cerca|chiudi|cookies?)$",
        max_words=12,
    ),
    Marker("text.phone", "navigation", r"^[\p{L} .:-]*\+?\(?[0-9][0-9\s().+-]{8,}$", max_words=8),
    Marker(
        "text.form",
        "navigation",
        r"^(?:you must (?:be logged in|log in|sign in|register).*|(?:please )?(?:log|sign) in to .*|to find "
        r"out more about .{0,24}commenting.*|join the (?:conversation|discussion|debate)\.?|"
        r".*associated with this (?:login|account|e-?mail).*|your e-?mail address will not be published.*|"
        r"required fields are marked.*|"
        r"(?:post|add|leave|write) (?:a|your) (?:comment|reply|response)s?.{0,12}|(?:view|show|hide|see|read|"
        r"load)(?: all)?(?: \d+)? comments?.{0,12}|comments? (?:are|is) (?:closed|disabled|off).*|no "
        r"comments(?: yet)?|be the first to comment.*|"
        r"report (?:a |an )?(?:typo|error|abuse|comment).{0,30}|forgot (?:your )?password.*|enter your "
        r"e-?mail.*|choose (?:a|your) .{0,24}(?:account|subscription)|"
        r".*readers think this story.*|this (?:programme|video|content|page) (?:will be|is) (?:not |no longer "
        r"|un)?available.*|.*(?:enable|requires?) javascript.*|your browser (?:does not|doesn't).*|"
        r"kommentar (?:schreiben|verfassen|hinterlassen)|kommentare (?:anzeigen|lesen)|laisser un commentaire|"
        r"ajouter un commentaire|dejar? (?:un|tu) comentario|escrib[ea] un comentario|lascia un commento)$",
        max_words=40,
    ),
    Marker(
        "text.player",
        "navigation",
        r"^(?:media playback is (?:not |un)?supported on (?:your|this) device.{0,40}|listen to (?:this "
        r")?article \d.*|playback (?:is )?not supported.*|video (?:player )?(?:is )?(?:loading|unavailable).*|"
        r"to view this video please enable.*|this (?:video|browser) .{0,30}(?:not supported|cannot be "
        r"played).*)$",
    ),
    # Notes.
    Marker(
        "text.note",
        "note",
        r"^[(*\[]*(?:editor'?s?'?s? note|author'?s note|publisher'?s note|correction|corrections|"
        r"clarification|update|disclosure|disclaimer|note to readers|anmerkung der redaktion|hinweis der "
        r"redaktion|anm\. d\. red|note de la rédaction|nota del editor|nota della redazione)(?: "
        r"?\([^)]{1,40}\))? ?[:：—–-]",
        max_words=200,
    ),
    Marker(
        "text.note_updating",
        "note",
        r"^(?:this (?:story|article|post|item|piece|page|report|column) (?:is being|has been|was|will be) "
        r"(?:updated|corrected|amended|edited|changed|first published|originally published)|(?:this is a "
        r")?(?:developing|breaking) (?:news )?story\b|an earlier version of this|a previous version of this|"
        r"the views (?:and opinions )?expressed|(?:the )?opinions expressed)",
        max_words=80,
    ),
    # Promotions.
    Marker("text.teaser_opener", "promo", p.TEASER_OPENER, max_words=14),
    Marker(
        "text.teaser_inline",
        "promo",
        r"^(?:read more|more|read|related|see also|also read|read also|watch|listen|must read|don't miss|"
        r"photos|video|lesen sie auch|mehr dazu|lire aussi|à lire|lea también|leggi anche|leia também|lees "
        r"ook|läs också|les også|read next|recommended|previously|exclusive video) ?[:»>] ?\S.*[^.]$",
        max_words=24,
    ),
    Marker(
        "text.pointer_to_source",
        "promo",
        r"^(?:read (?:more|on|the (?:full|whole|rest of the|original) (?:story|article|piece|report|post|interview|"
        r"letter))|full (?:story|article)|mehr (?:dazu|lesen)|weiterlesen|lire la suite|leer más|continua a leggere) "
        r"(?:in|on|at|from|auf|bei|dans|sur|chez|en|su) .{2,60}$",
        max_words=12,
    ),
    Marker(
        "text.pointer_here",
        "promo",
        r"^(?:(?:you can|please|or) )?(?:(?:read|see|find|get|view|continue(?: reading)?) (?:(?:the|my|our|"
        r"this) )?(?:(?:whole|"
        r"full|entire|complete|original|rest of (?:the|this|my)) )?(?:article|story|piece|post|text|report|"
        r"interview|letter|column|"
        r"essay|version|it|more)?(?: (?:of|by|in) .{2,40})?|(?:the )?(?:whole|full|complete|original) (?:article|"
        r"story|piece|"
        r"text|report|version) (?:is|can be (?:read|found))) (?:here|over here|online|on (?:the|our|my|its|"
        r"their) (?:web ?)?site|"
        r"on (?:the|our|my) (?:blog|web ?page))[.!:>»→ ]*$|"
        r"^(?:den|die|das|hier) (?:ganzen?|vollständigen?|kompletten?|geht es zum|geht's zum|lesen sie|"
        r"gibt es) ?.{0,40}(?:lesen(?: sie)? "
        r"hier|hier(?: lesen)?|lesen|artikel|beitrag|text|interview)[.!:>»→ ]*$|"
        r"^(?:lire|lisez|retrouvez|à lire) (?:l'|la |le |toute? )(?:intégralité|article|suite|texte|"
        r"entretien).{0,30} (?:ici|en ligne|sur "
        r"(?:le|notre) site)[.!:>»→ ]*$|"
        r"^(?:lee|lea|leer|puedes leer|puede leer) (?:el|la|todo) .{0,40}aquí[.!:>»→ ]*$|"
        r"^leggi (?:l'|il |la |tutto ).{0,40}qui[.!:>»→ ]*$|^(?:leia|lees) .{0,40}(?:aqui|hier)[.!:>»→ ]*$|"
        r"^(?:続きは|全文は).{0,16}(?:こちら|から)|^(?:阅读|閱讀|点击).{0,6}(?:全文|原文)|^(?:기사 )?(?:전문|"
        r"원문) ?보기$",
        max_words=12,
    ),
    Marker("text.newsletter_talk", "promo", p.NEWSLETTER_TALK, max_words=60),
    Marker(
        "text.subscriber_talk",
        "promo",
        r"(?:\bpaid subscri(?:ber|ption)|upgrad(?:e|ing) (?:to (?:a )?paid|your subscription)|(?:free|paid) "
        r"(?:or|and) (?:paid|free) subscri|support (?:my|our) work\b.*subscri|becom(?:e|ing) a (?:free or "
        r")?paid|consider (?:subscribing|becoming a (?:paid|free|member|subscriber|patron|supporter)|donating|"
        r"a donation|making a (?:donation|contribution))|"
        r"(?:bezahl|zahlende[rn]? |kostenpflichtige[ns]? )(?:abo|abonnent)|abonnement payant|abonnés? payants?|"
        r"suscripci(?:ón|ones) "
        r"de pago|suscriptor(?:es)? de pago|abbonamento a pagamento|"
        r"^(?:(?:all|paid|paying) )?(?:subscribers|members|supporters|patrons) (?:also |can |will |now )*(?:get|"
        r"receive|enjoy|find|"
        r"read)\b.*\b(?:my|our|me|us)\b|(?:this (?:post|publication|newsletter) is (?:public|"
        r"reader-supported|free|for paid)))",
        max_words=90,
        # Reports about publishers and streaming services count paid subscribers too.
        needs=r"\b(?:you|your|my|our|me|us|consider|support|upgrade|become|becoming|ihnen|ihr|dir|vous|votre|te|tu|su|ti)\b|^this",
    ),
    Marker(
        "text.newsletter",
        "promo",
        r"^(?:.{0,40}\b(?:sign up|subscribe|signup)\b(?: (?:now|today|here))? (?:for|to|here|now|today|and|"
        r"with|via|by|free)\b.*|sign(?:ing)? up(?: (?:now|here|today))?[.!]?|subscribe(?: (?:now|here|today|"
        r"for free))?[.!]?|get (?:the|our|your|breaking|daily|more) .{0,40}(?:newsletter|alerts?|inbox|"
        r"emails?|briefing).*|get .{1,30}(?:mobile app|app for).*|"
        r".{0,80}\b(?:to|in|into) your (?:inbox|e-?mail)\b.*|(?:upgrade|give a gift|start your free trial|"
        r"already a subscriber|try it free|become a (?:member|subscriber|paid|patron|supporter)).*|"
        r"(?:tap|click) here to (?:turn on|subscribe|sign|get|join|support|read|donate|view|watch).*|turn on "
        r"notifications.*|.*enable notifications.*|you can unsubscribe at any time.*|unsubscribe.{0,30}|"
        r"unlimited digital access.*|"
        r".{0,40}\$\d+ for \d+ (?:weeks|months).*|like this article\?.*|like what you(?:'re| are) reading\?.*|"
        r"browse our (?:full )?range of.*|what would you like to see here.*|\(?want to get this .{0,30}by "
        r"e-?mail.*|get the latest .{0,50}(?:as it happens|news|updates|delivered).*|download (?:the|our) "
        r".{0,24}app.*|"
        r".{0,40}newsletter(?:s)? (?:abonnieren|anmelden|bestellen).*|jetzt (?:abonnieren|anmelden|testen).*|"
        r"abonnez[- ]vous.*|s'abonner.*|je m'abonne.*|inscrivez[- ]vous.*|suscr[íi]b(?:ete|ase|irse).*|"
        r"regístrate.*|iscriviti.*|abbonati.*|assine .*|inschrijven.*|prenumerera.*)$",
        max_words=SHORT_WORDS,
    ),
    Marker(
        "text.call_to_reader",
        "promo",
        r"^(?:we want to hear (?:from you|what you think).*|(?:tell us|let us know|share your thoughts) "
        r".{0,40}(?:comments|below|think).*|submit a letter.*|write to (?:us|me) at .*|contact us(?: at)? .*|"
        r"have (?:a|any) (?:tip|question|story|news tip).*|got a (?:tip|story|news tip).*|send (?:us "
        r")?(?:your )?(?:tips|letters|feedback|questions).*|"
        r"follow (?:us|me|our) .*|(?:like|find|join) us on .*|join (?:our|the) .{0,30}(?:channel|community|"
        r"group|telegram|whatsapp).*|folgen sie uns.*|suivez[- ](?:nous|moi).*|s[íi]gue(?:nos|me).*|seguici.*|"
        r"(?:please |if you .{0,40})?\b(?:donate|paypal|patreon|ko-fi|buy me a coffee)\b.{0,60}|(?:make|"
        r"consider) a (?:donation|contribution|gift)\b.*|"
        r"support (?:our|independent|quality|local|my) .{0,40}(?:journalism|work|reporting|newsroom).*|"
        r"(?:thanks|thank you) for reading.{0,80}|(?:vielen dank|danke) (?:fürs|für das) lesen.{0,80}|"
        r"merci (?:de (?:m'|nous |"
        r"votre )|d'avoir )(?:avoir )?(?:lue?s?|lecture).{0,80}|gracias por leer.{0,80}|grazie per (?:aver letto|"
        r"la lettura).{0,80}|"
        r"for more,? (?:see|read|visit|go to) .*|see .{1,50}'s story "
        r"(?:for|in|on) .*|"
        r"click here (?:to|for) .*|watch (?:the|more|full) .{0,30}(?:video|above|below).{0,20}|.{0,90}\bin "
        r"the (?:player|video) (?:above|below)\.?|.{0,40}\(poll\)|[*(]?source: .{1,30}go to original.*)$",
        max_words=SHORT_WORDS,
    ),
    Marker(
        "text.newsletter_about",
        "promo",
        r"\bis (?:published|sent|delivered) .{2,60}\b(?:sign up|subscribe)\b.*(?:e-?mail|inbox|newsletter)",
        max_words=60,
    ),
    Marker(
        "text.bare_address",
        "promo",
        r"^(?:https?://)?(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,6}/\S+$",
        max_words=1,
    ),
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
        cues=("follow", "contact", "reach", "mail", "tweets"),
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
        cues=("ollow ", "ontact ", "mail ", "tweet"),
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
        rf"(?:[.!?…)\]”\"’»|;–—]\s?){p.CAPTION_WORD} (?:by|von|de|par|por|courtesy(?: of)?) {p.CREDIT_NAMES}[.)]?$|"
        r"(?:写真|撮影|画像|图片来源|圖片來源|图片|圖片|图源|摄影|攝影|사진)\s?[:：=＝／/]\s?[^。．.]{2,24}$",
        source="ending",
        max_words=CAPTION_WORDS,
        cues=p.CAPTION_CUES,
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


def mark_lines(measured: pl.DataFrame, short_chars: int) -> pl.DataFrame:
    """Adds `mark` and `mark_rule`: the kind and name of the first marker that holds, null where none does."""
    edged = measured.with_columns(marker=_pick_first(EDGE_MARKERS, 0), row=pl.int_range(pl.len()))
    # Long lines are nine tenths of the bytes; the tables of short markers never look at them.
    short = edged.filter((pl.col("chars") <= short_chars) & pl.col("marker").is_null()).select(
        "row", short_marker=_pick_first(MARKERS, len(EDGE_MARKERS))
    )
    chosen = pl.coalesce("marker", "short_marker")
    tables = EDGE_MARKERS + MARKERS
    return (
        edged.join(short, on="row", how="left", maintain_order="left")
        .with_columns(
            mark=_look_up(chosen, [marker.kind for marker in tables]),
            mark_rule=_look_up(chosen, [marker.name for marker in tables]),
        )
        .drop("marker", "short_marker", "row")
    )


def _pick_first(markers: tuple[Marker, ...], first_number: int) -> pl.Expr:
    """The number of the first marker that holds for the line, null if none does."""
    numbered = enumerate(markers, first_number)
    return pl.coalesce(*(pl.when(_holds(marker)).then(pl.lit(number, pl.Int32)) for number, marker in numbered))


def _look_up(number: pl.Expr, names: list[str]) -> pl.Expr:
    return number.replace_strict(dict(enumerate(names)), default=None, return_dtype=pl.String)


def _holds(marker: Marker) -> pl.Expr:
    fits = pl.col("words").is_between(marker.min_words, marker.max_words)
    pattern = marker.pattern if marker.source == "key" else p.bound_ascii(marker.pattern)
    if marker.cues:
        fits = fits & pl.col(marker.source).str.contains_any(list(marker.cues))
    # The pattern is tried on what fits alone. A null would not do: its text is still there, and still read.
    source = pl.when(fits).then(marker.source).otherwise(pl.lit(""))
    holds = fits & source.str.contains(pattern)
    return holds & source.str.contains(marker.needs) if marker.needs else holds
