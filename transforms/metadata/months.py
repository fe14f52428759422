"""Names of the months as dates print them, in 67 languages.

Source: Unicode CLDR 47 (wide and abbreviated names, within a date and standing alone), read through Babel by
`tests/support/month_names.py`, with the abbreviations of newspapers that CLDR lacks. Lower case; Latin names also
without accents. Left out are those that are two months in two languages (`lip`, `lis`, `srp`); see LISTOPADA.
"""

from typing import Final

NAMES: Final = {
    1: (
        "ean eanair eanáir ene enero gen gener gennaio ian ianuarie ion ionawr jaan jaanuar jaenner jan janar "
        "janeiro jannar januar januara januari januarie januaro january januwari január januára janv janvaris "
        "janvier janvāris janúar jänner led leden ledna oca ocak saus sausio sausis sij sijecanj sijecnja "
        "siječanj siječnja sty styczen styczeń stycznia tammi tammikuu tammikuuta urt urtarrila xan xaneiro yan "
        "yanvar ιαν ιανουάριος ιανουαρίου сту студзень студзеня січ січень січня янв январь января яну януари јан "
        "јануар јануари қаң қаңтар հնվ հունվար հունվարի ינואר ינו׳ جنوري جنوری يناير ژانویه ژانویهٔ जनवरी जन॰ "
        "जाने जानेवारी জানু জানুয়ারী ஜனவரி జనవరి ม.ค มกราคม იან იანვარი "
    ),
    2: (
        "chw chwef chwefror feabh feabhra feb febbraio febr febreiro febrer febrero februar februara februari "
        "februarie februaris februaro february februwari február februára februāris febrúar fev fevereiro fevr "
        "fevral fevrier fra frar févr février helmi helmikuu helmikuuta lut lutego luty ots otsaila peb pebrero "
        "shk shkurt sub subat uno unor unora vas vasario vasaris veebr veebruar velj veljaca veljace veljača "
        "veljače úno únor února şub şubat φεβ φεβρουάριος φεβρουαρίου ақп ақпан лют лютага лютий лютого люты феб "
        "фебруар фев февр февраль февраля февруари փետրվար փետրվարի փտվ פברואר פבר׳ فبراير فبروري فروری فوریه "
        "فوریهٔ فېبروري फ़रवरी फ़र॰ फेब्रु फेब्रुवारी ফেব ফেব্রুয়ারী பிப் பிப்ரவரி ఫిబ్ర ఫిబ్రవరి ก.พ กุมภาพันธ์ "
        "თებ თებერვალი "
    ),
    3: (
        "bre brezen brezna bře březen března kov kovas kovo maalis maaliskuu maaliskuuta maart mac machi mae "
        "maerz mar marc marca march marcius marco marec maret mars marso mart marta martie marto marts martxoa "
        "marz marzec marzo marzu març março mas mashi maw mawrth mrt mrz márc március márta mäe mäerz mär märts "
        "märz ozu ozujak ozujka ožu ožujak ožujka μάρ μάρτιος μαρ μαρτίου бер березень березня мар март марта нау "
        "наурыз сак сакавік сакавіка մարտ մարտի մրտ מרץ مارس مارچ मार्च মার্চ மார் மார்ச் మార్చి มี.ค มีนาคม მარ "
        "მარტი "
    ),
    4: (
        "abr abrell abril abrëll aib aibrean aibreán api apirila apr aprel april aprila aprile aprili aprilie "
        "aprilis aprill aprilo apríl apríla aprīlis avr avril bal balandis balandzio balandžio dub duben dubna "
        "d’abr d’abril ebr ebrill eph ephreli huhti huhtikuu huhtikuuta kwi kwiecien kwiecień kwietnia nis nisan "
        "pri prill tra travanj travnja ápr április απρ απρίλιος απριλίου апр апрель апреля април квіт квітень "
        "квітня кра красавік красавіка сәу сәуір ապր ապրիլ ապրիլի אפריל אפר׳ آوریل أبريل اپریل अप्रैल एप्रि "
        "एप्रिल এপ্রি এপ্রিল ஏப் ஏப்ரல் ఏప్రి ఏప్రిల్ เม.ย เมษายน აპრ აპრილი "
    ),
    5: (
        "beal bealtaine geg geguze geguzes gegužė gegužės kve kveten kvetna kvě květen května mag maggio mai "
        "maiatza maig maijs maio maj maja majo majus may mayo mayıs maí mee mei mej mejju mey meyi máj mája május "
        "svi svibanj svibnja touko toukokuu toukokuuta μάι μάιος μαΐ μαΐου май мам мамыр мая мај трав травень "
        "травня մայիս մայիսի մյս מאי مئی مايو مهٔ พ.ค พฤษภาคม მაი მაისი "
    ),
    6: (
        "birz birzelio birzelis birž birželio birželis cerven cervna cvn cze czerwca czerwiec eka ekaina giu "
        "giugno gun gunju haz haziran hun hunyo iun iunie iyn iyun juin jun juna june junho juni junie junij "
        "junijs junio junius juny juuni jún júna június júní jūn jūnijs kesa kesakuu kesakuuta kesä kesäkuu "
        "kesäkuuta lipanj lipnja meh mehefin meith meitheamh qer qershor xuno xuño červen června čvn ġun ġunju "
        "ιουν ιουνίου ιούν ιούνιος июн июнь июня мау маусым черв червень червня чэр чэрвень чэрвеня юни јун јуни "
        "հնս հունիս հունիսի יוני جون يونيو ژوئن जून জুন ஜூன் జూన్ มิ.ย มิถุนายน ივნ ივნისი "
    ),
    7: (
        "cervence cervenec cvc gor gorff gorffennaf heina heinakuu heinakuuta heinä heinäkuu heinäkuuta hul hulyo "
        "iuil iul iulie iyl iyul iúil juil juillet jul jula julai julayi julho juli julie julij julijs julio "
        "juliol julius july juuli júl júla július júlí jūl jūlijs korr korrik liep liepa liepos lipca lipiec lug "
        "luglio lul lulju srpanj srpnja tem temmuz uzt uztaila xul xullo července červenec čvc ιουλ ιουλίου ιούλ "
        "ιούλιος июл июль июля лип липень липня ліп ліпень ліпеня шіл шілде юли јул јули հլս հուլիս հուլիսի יולי "
        "جولائی جولای يوليو ژوئیه ژوئیهٔ जुलाई जुलै जुल॰ জুল জুলাই ஜூலை జులై ก.ค กรกฎาคม ივლ ივლისი "
    ),
    8: (
        "abu abuztua aga agasti ago agost agosti agosto agu agust agustos agustus aout août aug august augusta "
        "augusti augusto augusts augustus augusztus avg avgust avq avqust awst aww awwissu ağu ağustos aŭg "
        "aŭgusto d’ag d’agost elo elokuu elokuuta gush gusht kol kolovoz kolovoza lun lunasa lún lúnasa ogo ogos "
        "rugp rugpjucio rugpjutis rugpjūtis rugpjūčio sie sierpien sierpień sierpnia srpen srpna ágú ágúst αυγ "
        "αυγούστου αύγ αύγουστος авг август августа жні жнівень жніўня серп серпень серпня там тамыз օգոստոս "
        "օգոստոսի օգս אוגוסט אוג׳ أغسطس اوت اګست اگست अगस्त अग॰ ऑगस्ट আগস্ট ஆகஸ்ட் ఆగస్టు ส.ค สิงหาคม აგვ აგვისტო "
    ),
    9: (
        "eyl eylul eylül ira iraila medi mfomh mfómh rugs rugsejis rugsejo rugsėjis rugsėjo ruj rujan rujna sen "
        "sentabr sentyabr sep sept septemba septembar september septembra septembre septembrie septembris "
        "septembro septhemba septiembre set setembre setembro settembre settembru setyembre sht shtator syys "
        "syyskuu syyskuuta szept szeptember wrz wrzesien wrzesień wrzesnia września zar zari zář září σεπ "
        "σεπτέμβριος σεπτεμβρίου вер верасень верасня вересень вересня сен сент сентябрь сентября сеп септембар "
        "септември қыр қыркүйек սեպ սեպտեմբեր սեպտեմբերի ספטמבר ספט׳ سبتمبر ستمبر سپتامبر سپتمبر سېپتمبر सप्टें "
        "सप्टेंबर सितंबर सित॰ সেপ সেপ্টেম্বর செப் செப்டம்பர் సెప్టెం సెప్టెంబర్ ก.ย กันยายน სექ სექტემბერი "
    ),
    10: (
        "dfomh dfómh d’oct d’octubre eki ekim hyd hydref loka lokakuu lokakuuta oct october octobre octombrie "
        "octubre okt oktabr okthoba oktoba oktobar oktober oktobra oktobris oktobro oktoober oktubre oktyabr "
        "október októbra ott ottobre ottubru out outubro paz pazdziernik pazdziernika paź październik "
        "października rij rijen rijna spal spalio spalis tet tetor urr urria říj říjen října οκτ οκτωβρίου "
        "οκτώβριος жовт жовтень жовтня кас кастрычнік кастрычніка окт октобар октомври октябрь октября қаз қазан "
        "հոկ հոկտեմբեր հոկտեմբերի אוקטובר אוק׳ أكتوبر اکتبر اکتوبر अक्टूबर अक्टू॰ ऑक्टो ऑक्टोबर অক্টো অক্টোবর அக் "
        "அக்டோபர் అక్టో అక్టోబర్ ต.ค ตุลาคม ოქტ ოქტომბერი "
    ),
    11: (
        "aza azaroa kas kasım lapkr lapkricio lapkritis lapkričio listopadu marras marraskuu marraskuuta nen "
        "nentor nob nobyembre noiembrie nov novemba novembar november novembra novembre novembris novembro "
        "novembru noviembre noy noyabr nën nëntor nóv nóvember samh samhain stu studeni studenoga tach tachwedd "
        "νοέ νοέμβριος νοε νοεμβρίου лист листопад листопада ліс лістапад лістапада нов новембар ное ноември ноя "
        "нояб ноябрь ноября қар қараша նոյ նոյեմբեր նոյեմբերի נובמבר נוב׳ نوامبر نوفمبر نومبر नवंबर नव॰ नोव्हें "
        "नोव्हेंबर নভে নভেম্বর நவம்பர் నవం నవంబర్ พ.ย พฤศจิกายน ნოე ნოემბერი "
    ),
    12: (
        "abe abendua ara aralık dec decembar december decembra decembre decembrie decembris decembro dek dekabr "
        "des desemba desember desembre dets detsember dez dezember dezembro dhj dhjetor dic dicembre dicembru "
        "diciembre dis disemba disember disyembre diċ diċembru déc décembre gru grudnia grudzien grudzień gruod "
        "gruodis gruodzio gruodžio joulu joulukuu joulukuuta noll nollaig pro prosinac prosinca prosince prosinec "
        "rhag rhagfyr δεκ δεκέμβριος δεκεμβρίου груд грудень грудня дек декабрь декабря декември дец децембар жел "
        "желтоқсан сне снежань снежня դեկ դեկտեմբեր դեկտեմբերի דצמבר דצמ׳ دسامبر دسمبر ديسمبر डिसें डिसेंबर "
        "दिसंबर दिस॰ ডিসে ডিসেম্বর டிச டிசம்பர் డిసెం డిసెంబర్ ธ.ค ธันวาคม დეკ დეკემბერი "
    ),
}
MONTHS: Final = {name: number for number, names in NAMES.items() for name in names.split()}
LISTOPADA: Final = "listopada"
"""November in Polish, October in Croatian, where a full stop follows the day: `15 listopada`, `15. listopada`."""
MONTH: Final = "(?:" + "|".join(sorted((*MONTHS, LISTOPADA), key=lambda name: (-len(name), name))) + ")"
