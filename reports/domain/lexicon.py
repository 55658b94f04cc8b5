"""The short, reviewed lists by which the verifier judges small words.

A word on a list may stand in a sentence although its quotation lacks it. So a list holds only
words that cannot change what is said: no "against", "only", "before", "more", "may" or "without".
A language without lists has no such words: all of a sentence must then stand in its quotations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType


def set_of(words: str) -> frozenset[str]:
    """Return the words of a list as it is written here: parted by white space."""
    return frozenset(words.split())


def _lists(**words: str) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({code: set_of(text) for code, text in words.items()})


FUNCTION_WORDS = _lists(
    en="""a an the of in on at to for from by with as and that which who whom whose this these
    those is are was were be been being am has have had having do does did it its he his him she
    her they their them there where when
    's""",
    de="""der die das den dem des ein eine einen einem einer eines und in im an am auf aus bei mit
    nach von vom zu zum zur für als dass welche welcher welches ist sind war waren wird werden
    wurde wurden worden hat haben hatte hatten sein seine seinen seiner seinem ihr ihre ihren
    ihrer ihrem er sie es sich dieser diese dieses diesen diesem wo""",
    fr="""le la les un une des de du d l et à au aux en dans par pour sur avec que qu qui dont où
    ce cet cette ces est sont était étaient été être a ont avait avaient il elle ils elles son sa
    ses leur leurs se s c y""",
    es="""el la los las un una unos unas de del y e a al en por para con que quien quienes cuyo
    es son era eran fue fueron ha han había habían sido ser está están su sus lo se este esta
    estos estas ese esa""",
)
"""Articles, plain prepositions, "and", forms of be and have, pronouns of the third person."""

REPORTING_WORDS = _lists(
    en="said say says saying told tells according reported reports reporting wrote writes stated",
    de="sagte sagten sagt sagen laut berichtet berichten berichtete berichteten schrieb schreibt",
    fr="dit disent déclaré déclare selon rapporte rapportent rapporté écrit indique indiqué",
    es="dijo dijeron dice dicen según informó informa informaron escribió declaró",
)
"""Words that say who speaks. Whom they name must stand in the quotation."""

ANALYTIC_WORDS = _lists(
    en="""analysis because therefore thus since while whether how why what means mean meaning
    suggests suggest matters matter important importance significant significance could may might
    would likely possible potentially affects affect affected affecting effect effects consequence
    consequences impact implications raises raise question questions follows follow shows show
    signals signal depends depend decides decide next now also both between already still further
    or if after before during amid as well point part role context background""",
    de="""weil daher deshalb denn während ob wie warum was bedeutet bedeuten wichtig bedeutsam
    könnte könnten kann können dürfte dürften möglich möglicherweise wahrscheinlich betrifft
    betreffen auswirkung auswirkungen folge folgen wirkung frage fragen zeigt zeigen hängt ab
    nächste nun jetzt auch beide zwischen bereits noch weiter oder wenn nachdem bevor während""",
    fr="""car donc puisque tandis si comment pourquoi quoi signifie importe important importance
    pourrait pourraient peut peuvent probable possible affecte affecter effet effets conséquence
    conséquences question questions montre montrent dépend prochain maintenant aussi entre déjà
    encore ou après avant pendant""",
    es="""porque pues mientras si cómo qué significa importa importante importancia podría podrían
    puede pueden probable posible afecta afectar efecto efectos consecuencia consecuencias cuestión
    muestra muestran depende próximo ahora también entre ya aún o después antes durante""",
)
"""Words of which an analysis is made, beside those of its story."""

NEGATIONS = _lists(
    en="""not no never none nobody nothing nowhere neither nor without cannot can't won't isn't
    aren't wasn't weren't don't doesn't didn't hasn't haven't hadn't wouldn't couldn't shouldn't
    mustn't needn't shan't ain't""",
    de="""nicht nichts nie niemals niemand niemanden niemandem kein keine keinen keinem keiner
    keines ohne weder noch nirgends""",
    fr="ne n pas jamais rien personne aucun aucune sans ni nul nulle plus",
    es="no nunca jamás nadie nada ningún ninguno ninguna sin ni tampoco",
)
"""Words that turn a sentence round. A sentence may neither add nor drop one."""

HEDGES = _lists(
    en="""may might could would alleged allegedly allegation allegations allege alleges suspected
    reportedly unconfirmed unverified purported purportedly apparent apparently likely possibly
    possible perhaps believed rumoured rumored claims claimed accused if unless""",
    de="""könnte könnten dürfte dürften soll sollen mutmaßlich mutmaßliche mutmaßlichen
    mutmaßlicher angeblich angebliche angeblichen möglicherweise vielleicht vermutlich
    wahrscheinlich unbestätigt unbestätigten wenn falls""",
    fr="""présumé présumée présumés pourrait pourraient serait seraient aurait auraient peut-être
    probablement soupçonné soupçonnée supposé si""",
    es="""presunto presunta presuntos supuesto supuesta supuestamente presuntamente podría podrían
    habría habrían quizás quizá posiblemente si""",
)
"""Words that keep a sentence from being a plain statement. A sentence may not drop one."""


def words_of(lists: Mapping[str, frozenset[str]], language: str) -> frozenset[str]:
    """Return the list of a language; none where there is no reviewed list."""
    return lists.get(language[:2].lower(), frozenset())


def seems_other(words: Iterable[str], language: str) -> bool:
    """Tell whether a text's small words are those of another language that we know.

    words: in small letters
    """
    counts = Counter(words)
    hits = {code: sum(counts[word] for word in small) for code, small in FUNCTION_WORDS.items()}
    own = hits.pop(language[:2].lower(), 0)
    return max(hits.values()) >= 2 and max(hits.values()) > 2 * own
