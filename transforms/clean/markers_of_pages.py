"""Markers of the page around an article: counters, rights, share bars, menus, controls, forms, players."""

from typing import Final

from transforms.clean.marker import Marker

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

PAGE_MARKERS: Final = (
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
)
