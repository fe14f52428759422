"""Markers of notes of the editors, and of promotions: teasers, newsletters, calls to the reader."""

from typing import Final

from transforms.clean import patterns as p
from transforms.clean.marker import SHORT_WORDS, Marker

PROMOTION_MARKERS: Final = (
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
)
