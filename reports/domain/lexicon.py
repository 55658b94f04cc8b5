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
    mustn't needn't shan't ain't cant isnt arent wasnt werent dont doesnt didnt hasnt havent hadnt
    wouldnt couldnt shouldnt""",
    de="""nicht nichts nie niemals niemand niemanden niemandem kein keine keinen keinem keiner
    keines keinerlei nein ohne weder noch nirgends""",
    fr="ne n non pas jamais rien personne aucun aucune sans ni nul nulle plus",
    es="no nunca jamás nadie nada ningún ninguno ninguna sin ni tampoco",
)
"""Words that turn a sentence round. A sentence may neither add nor drop one."""

ALL_NEGATIONS = frozenset[str]().union(*NEGATIONS.values())

HEDGES = _lists(
    en="""may might could would alleged allegedly allegation allegations allege alleges suspected
    reportedly unconfirmed unverified purported purportedly apparent apparently likely possibly
    possible perhaps maybe probably potentially supposedly seemingly believed rumoured rumored
    rumor rumors rumour rumours claim claims claimed claiming accused accusation accusations if
    unless whether will shall should must tried tries attempted attempts threatened threatens
    socalled selfstyled wouldbe almost nearly""",
    de="""könnte könnten dürfte dürften soll sollen mutmaßlich mutmaßliche mutmaßlichen
    mutmaßlicher angeblich angebliche angeblichen möglicherweise vielleicht vermutlich
    wahrscheinlich unbestätigt unbestätigten wenn falls sofern sollte sollten behauptet
    behauptete behaupten behauptung behauptungen verdacht verdächtigt vorwurf vorwürfe gerücht
    gerüchte versuchte versuchten drohte drohten sogenannte sogenannten sogenannter""",
    fr="""présumé présumée présumés pourrait pourraient serait seraient aurait auraient peut-être
    probablement soupçonné soupçonnée soupçons supposé prétend prétendent prétendu allégations
    accusé accusée accusés accusation accusations rumeur rumeurs tenté menacé si""",
    es="""presunto presunta presuntos supuesto supuesta supuestamente presuntamente podría podrían
    habría habrían quizás quizá posiblemente alega alegan acusado acusada acusados acusación
    acusaciones rumor rumores intentó amenazó salvo si""",
)
"""Words that keep a sentence from being a plain statement. A sentence may not drop one."""

DENIALS = _lists(
    en="""denied denies deny denying denial denials rejected rejects reject rejecting dismissed
    dismisses disputed disputes refuted refutes refused refuses refuse refusing failed fails fail
    failing declined declines decline declining stopped stops stop false falsely untrue unproven
    unfounded baseless fake hoax hardly barely scarcely rarely seldom unlikely doubt doubts doubted
    doubtful avoided avoids avoid prevented prevents prevent averted cleared acquitted
    exonerated yet""",
    de="""bestritt bestritten bestreitet bestreiten dementierte dementierten dementiert dementieren
    leugnet leugnete leugnen verneint verneinte zurückgewiesen falsch falsche unwahr unbegründet
    haltlos verweigert verweigerte verweigern weigert weigerte weigern weigerten gescheitert
    scheitert scheiterte scheitern abgelehnt kaum selten unwahrscheinlich zweifel bezweifelt fast
    beinahe freigesprochen""",
    fr="""dément démenti démentent nie nient nié niait faux fausse réfuté réfute rejeté rejette
    rejettent refusé refuse refusent échoué échoue rarement improbable doute doutes guère infondé
    infondée infondées presque failli acquitté acquittée""",
    es="""negó niega niegan negaron negado desmintió desmiente desmienten falso falsa falsos falsas
    rechazó rechaza rechazaron rechazado rehusó rehúsa fracasó falló apenas raramente improbable
    duda dudas infundado infundada casi absuelto absuelta""",
)
"""Words that say that something is not so or did not come about. A sentence may not drop one."""

# Turning words of one language that are ordinary words of another.
_HOMOGRAPHS = _lists(
    en="falls fast plus sin si ni pas ne n nie non nul personne sans salvo",
    de="not will no stop stops fake plus si ni sin non rumor",
    fr="no if stop fake will may doubt sin dont",
    es="plus sans",
)

BOUNDS = _lists(
    en="""least most more less fewer over under above below beyond almost nearly about around
    approximately roughly up circa barely minus""",
    de="""mindestens wenigstens höchstens maximal über unter mehr weniger fast beinahe knapp rund
    etwa ungefähr bis minus""",
    fr="moins plus près environ presque quasi jusqu'à jusqu'au jusqu'aux",
    es="menos más hasta casi cerca alrededor unos unas aproximadamente",
)
"""Words that stand before a figure and make of it a limit or an estimate."""
ALL_BOUNDS = frozenset[str]().union(*BOUNDS.values())
COMPARING = set_of("more less fewer below above mehr weniger plus moins más menos")
"""Words that do so behind a figure: 14 or more."""

PREFIXES = set_of("non un ex anti counter pro pre post pseudo quasi semi self so near would nicht")
"""What a hyphen ties to a word and so makes another word of it: non-violent."""


def words_of(lists: Mapping[str, frozenset[str]], language: str) -> frozenset[str]:
    """Return the list of a language; none where there is no reviewed list."""
    return lists.get(language[:2].lower(), frozenset())


def turning_words(language: str, *, is_foreign: bool = False) -> frozenset[str]:
    """Return the words that turn or weaken a statement, of every language that we know.

    A feed may state the wrong language, so all lists count. Words that are ordinary in the
    language are left out, unless the text leans to another.
    """
    lists = (NEGATIONS, HEDGES, DENIALS)
    known = frozenset[str]().union(*(words for each in lists for words in each.values()))
    own = frozenset[str]().union(*(words_of(each, language) for each in lists))
    return known if is_foreign else (known - words_of(_HOMOGRAPHS, language)) | own


def seems_other(words: Iterable[str], language: str) -> bool:
    """Tell whether a text's small words are those of another language that we know.

    words: in small letters
    """
    own, other = _hits(words, language)
    return other >= 2 and other > 2 * own


def leans_to_other(words: Iterable[str], language: str) -> bool:
    """Tell whether a text has more small words of another language than of its own."""
    own, other = _hits(words, language)
    return other > own


def _hits(words: Iterable[str], language: str) -> tuple[int, int]:
    """Count the small words of a language, and those of the other one that has most."""
    counts = Counter(words)
    hits = {code: sum(counts[word] for word in small) for code, small in FUNCTION_WORDS.items()}
    own = hits.pop(language[:2].lower(), 0)
    return own, max(hits.values())
