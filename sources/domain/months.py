"""The names of the months as publishers write them, in many languages."""

from __future__ import annotations

_NAMES = (
    # January
    "jan january januar jänner jän janvier janv enero ene gennaio gen janeiro januari januára"
    " styczeń stycznia sty январь января янв ocak oca január ianuarie ian tammikuu tammikuuta"
    " leden ledna led siječanj siječnja sij gener січень січня січ януари јануар ιαν ιανουάριος"
    " ιανουαρίου sausio janvāris janvārī jaanuar janúar يناير ינואר जनवरी",
    # February
    "feb february februar feber februára février févr fév fevr fev febrero febbraio fevereiro"
    " februari februári február febr luty lutego lut февраль февраля фев февр şubat şub februarie"
    " helmikuu helmikuuta únor února úno veljača veljače velj febrer лютий лютого лют февруари"
    " фебруар φεβ φεβρουάριος φεβρουαρίου vasario februāris februārī veebruar febrúar فبراير"
    " פברואר फरवरी फ़रवरी",
    # March
    "mar march märz maerz mrz mär mars marzo março marco maart mrt marzec marca март марта мар"
    " mart martie maaliskuu maaliskuuta březen března bře ožujak ožujka ožu març березень березня"
    " бер μαρ μάρ μάώ μαώ μάρτιος μαρτίου kovo martā marts märts maret március márc مارس מרץ"
    " मार्च",
    # April
    "apr april avril avr abril abr aprile kwiecień kwietnia kwi апрель апреля апр nisan nis"
    " aprilie huhtikuu huhtikuuta duben dubna dub travanj travnja apríla április ápr квітень"
    " квітня кві април απρ απρίλιος απριλίου balandžio aprīlis aprīlī aprill apríl أبريل ابريل"
    " אפריל अप्रैल",
    # May
    "may mai mayo maggio mag maio mei maj maja май мая mayıs toukokuu toukokuuta květen května"
    " kvě svibanj svibnja svi maig mája május máj травень травня мај μάι μαϊ μαι μάιος μαΐου"
    " μαϊου μαίου gegužės maijs maijā maí مايو מאי मई",
    # June
    "jun june juni juin junio giugno giu junho czerwiec czerwca cze июнь июня июн haziran haz"
    " iunie iun kesäkuu kesäkuuta červen června čvn čer lipanj lipnja juny júna június jún"
    " червень червня чер юни јун ιούν ιουν ιον ιούνιος ιουνίου birželio jūnijs jūnijā juuni júní"
    " يونيو יוני जून",
    # July
    "jul july juli juillet juil juilet julio luglio lug julho lipiec lipca lip июль июля июл"
    " temmuz tem iulie iul heinäkuu heinäkuuta červenec července čvc srpanj srpnja juliol júla"
    " július júl липень липня лип юли јул ιούλ ιουλ ιολ ιούλιος ιουλίου liepos jūlijs jūlijā"
    " juuli júlí يوليو יולי जुलाई",
    # August
    "aug august août aout aoû agosto ago augustus augusti augusta sierpień sierpnia sie август"
    " августа авг ağustos ağu elokuu elokuuta srpen srpna srp kolovoz kolovoza agost augusztus"
    " серпень серпня сер αύγ αυγ αύγουστος αυγούστου rugpjūčio augusts augustā ágúst agustus agu"
    " avgust أغسطس اغسطس אוגוסט अगस्त",
    # September
    "sep sept september septembre septiembre setiembre settembre set setembro wrzesień września"
    " wrz сентябрь сентября сен сент eylül eyl septembrie syyskuu syyskuuta září zář rujan rujna"
    " setembre septembra szeptember szept вересень вересня вер септември септембар σεπ"
    " σεπτέμβριος σεπτεμβρίου rugsėjo septembris septembrī سبتمبر ספטמבר सितंबर सितम्बर",
    # October
    "oct october oktober okt octobre octubre ottobre ott outubro out październik października"
    " paź paz октябрь октября окт ekim eki octombrie lokakuu lokakuuta říjen října říj októbra"
    " október жовтень жовтня жов октомври октобар οκτ οκτώβριος οκτωβρίου spalio oktobris"
    " oktobrī oktoober أكتوبر اكتوبر אוקטובר अक्टूबर अक्तूबर",
    # November
    "nov november novembre noviembre novembro listopad listopada listopadu lis ноябрь ноября ноя"
    " нояб kasım kas noiembrie noi marraskuu marraskuuta studeni studenoga novembra листопад"
    " листопада лис ноември новембар νοέ νοε νοέμβριος νοεμβρίου lapkričio novembris novembrī"
    " nóvember نوفمبر נובמבר नवंबर नवम्बर",
    # December
    "dec december dezember dez décembre déc diciembre dic dicembre dezembro grudzień grudnia gru"
    " декабрь декабря дек aralık ara decembrie joulukuu joulukuuta prosinec prosince pro"
    " prosinac prosinca desembre decembra desember des грудень грудня гру декември децембар δεκ"
    " δεκέμβριος δεκεμβρίου gruodžio decembris decembrī detsember ديسمبر דצמבר दिसंबर दिसम्बर",
)
MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}
"""Numbers by name or abbreviation, in lower case, without a dot."""
