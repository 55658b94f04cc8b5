"""Tell which day "on Tuesday" or "yesterday" was, seen from the day of the article.

A wrong day is worse than none: a weekday counts only where the words around it tell of what was,
and "yesterday" only where the day is the same for everybody who publishes in the language. What is
left open ("the vote on Tuesday", "next Friday", "Tuesday to Thursday") has no day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

from reports.domain.lexicon import set_of
from reports.domain.numbers import Figure

_WEEKDAYS = {
    "en": "monday tuesday wednesday thursday friday saturday sunday",
    "de": "montag dienstag mittwoch donnerstag freitag samstag|sonnabend sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
}


def _by_name(names: str) -> Mapping[str, int]:
    days = enumerate(names.split())
    return MappingProxyType({name: day for day, each in days for name in each.split("|")})


WEEKDAYS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {code: _by_name(names) for code, names in _WEEKDAYS.items()}
)
"""The weekdays of a language by their names in small letters; Monday is 0."""


def weekdays_of(language: str) -> Mapping[str, int]:
    """Return the names of the weekdays of a language; none where we do not know them."""
    return WEEKDAYS.get(language, {})


WEEK = timedelta(days=6)
"""As far from its article as a weekday without a date may be: a week ago it was the same one."""


@dataclass(frozen=True, slots=True)
class FoundDay:
    """A day that a text tells without its date, and where."""

    day: date
    start: int
    end: int


def find_days(sentence: str, *, language: str, published_at: datetime) -> tuple[FoundDay, ...]:
    """Return the days that a sentence tells by weekday or by distance, where they are certain."""
    tongue = _TONGUES.get(language)
    if tongue is None or published_at.tzinfo is None or len(sentence) > _LONGEST:
        return ()
    published_at = published_at.astimezone(UTC)
    found = (
        *_by_weekday(sentence, tongue, published_at),
        *_by_distance(sentence, tongue, published_at),
    )
    # Whoever is quoted speaks from a day of his own.
    speech = _SPEECH.search(sentence)
    return tuple(day for day in found if speech is None or day.end <= speech.start())


_LONGEST = 2_000
_SPEECH = re.compile('["“„«»‹›]')


def near_day(figure: Figure, published_at: datetime) -> date | None:
    """Return the day that a figure is, if it is a date within a week of its article."""
    value = int(figure.value)
    if figure.unit == "date":
        years, month_and_day = [value // 10_000], value % 10_000
    elif figure.unit == "day":
        years, month_and_day = [published_at.year + shift for shift in (0, -1, 1)], value
    else:
        return None
    for year in years:
        try:
            day = date(year, *divmod(month_and_day, 100))
        except ValueError:
            continue
        if abs(day - published_at.date()) <= WEEK:
            return day
    return None


@dataclass(frozen=True, slots=True)
class _Tongue:
    """How one language tells what was, and when."""

    weekdays: Mapping[str, int]
    weekday: re.Pattern[str]
    """A weekday as it stands where something happened on it."""
    was: re.Pattern[str]
    """A verb that can only tell of what was."""
    doubt: re.Pattern[str]
    """Words of plans, of what lasts or recurs, and of sentences within sentences."""
    between: re.Pattern[str]
    """Words that may bring in a day of their own between that verb and the weekday."""
    clause: re.Pattern[str]
    """Where a clause ends."""
    distances: Mapping[str, int]
    is_lower: bool
    """Weekdays are written in small letters."""
    hours: tuple[int, int]
    """How far the clocks of its publishers are from UTC, the most western and eastern."""


def _tongue(
    language: str,
    *,
    weekday: str,
    was: str,
    doubt: str,
    between: str,
    clause: str,
    distances: Mapping[str, int],
    hours: tuple[int, int],
) -> _Tongue:
    names = "|".join(sorted(WEEKDAYS[language], key=len, reverse=True))
    return _Tongue(
        weekdays=WEEKDAYS[language],
        weekday=re.compile(
            weekday.replace("WEEKDAY", f"(?P<weekday>{names})").replace("DAYS", names),
            re.IGNORECASE,
        ),
        was=re.compile(was),
        doubt=_words(doubt),
        between=_words(between),
        clause=re.compile(clause),
        distances=distances,
        is_lower=language in {"fr", "es"},
        hours=hours,
    )


def _words(words: str) -> re.Pattern[str]:
    """Return a pattern for whole words; a star stands for any ending."""
    listed = "|".join(re.escape(word).replace(r"\*", r"\w{0,12}") for word in sorted(set_of(words)))
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE)


def _just_before(words: str) -> re.Pattern[str]:
    """Return a pattern for words at the end of what stands before something."""
    return re.compile(_words(words).pattern + r"\s\Z", re.IGNORECASE)


_OBJECT = r"(?:an?|the|his|her|its|their|\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten)"
_TONGUES: Mapping[str, _Tongue] = MappingProxyType(
    {
        "en": _tongue(
            "en",
            weekday=r"(?<![\w-])(?:on\s|(?<=\w\s)|(?<=\w,\s))WEEKDAY(?:\s(?:morning|afternoon"
            r"|evening|night))?(?![\w'’-]|\.\w)(?!\s(?:to|through|until|and|or|week|after|before"
            r"|next|last)\b)",
            was=r"\b(?:was|were|wasn['’]t|weren['’]t)\s(?:\w+ly\s|all\s)?(?:\w{2,20}ed|shot|hit"
            r"|found|held|taken|seen|struck|hurt|lost|broken|thrown|stolen|burnt|given|sunk|beaten"
            r"|cut|caught|won)\b|\b(?:did|didn['’]t|died|fell|went|came|began|took|rose"
            r"|gave|saw|wrote|sank|drew|flew|grew|threw|spoke|stole|shook|broke|drove|rang"
            r"|happened|occurred|collapsed|crashed|exploded|erupted|arrived|resigned)\b"
            r"|\b(?:struck|shot|hit|won|lost|killed|injured|wounded|arrested|destroyed|damaged"
            r"|attacked|stormed|opened|closed|elected|rejected|passed|signed|fired|sacked|evacuated"
            r"|rescued|found|seized|defeated|beat)\s" + _OBJECT + r"\b",
            doubt="""will won't shall would may might could should must can cannot going gonna plan*
            schedul* expect* due set upcoming ahead before after next last tomorrow deadline until
            till by hope* want* aim* intend* intent* prepar* propos* postpon* delay* adjourn*
            cancel* resum* order* call* invit* urg* ask* promis* pledg* vow* decid* agreed agrees
            still if whether is are am be isn't aren't has have who which whose whom that what since
            every each former once week weeks month months year years ago earlier later following
            previous nam* includ* pick* select* list* book* ticket* drawn tipped
            first start* begin begins begun poised ready bound likely unlikely anniversary
            to into""",
            between="""for about of over against with from until through between like as than up
            ahead during and or but while because said says told""",
            clause=r"[.;:!?\n]|,\s(?=\w+\s(?:said|says|told))",
            distances={"yesterday": -1, "today": 0, "tomorrow": 1},
            hours=(-6, 10),
        ),
        "de": _tongue(
            "de",
            weekday=r"(?<!\w)am\s(?:gestrigen\s|heutigen\s)?WEEKDAY(?:abend|morgen|nachmittag|mittag"
            r"|vormittag|nacht)?(?![\w-])(?!\s(?:bis|und|oder|in\seiner|den|dem)\b)",
            was=r"\b(?:wurden?|war|waren|starb|starben|fiel|fielen|ging|gingen|kam|kamen|begann"
            r"|begannen|nahm|nahmen|traf|trafen|brach|brachen|fuhr|fuhren|gab|schlug|schlugen"
            r"|stieß|stießen|sank|sanken|explodierte|kollidierte|ereignete|passierte|stürzte"
            r"|stürzten|gewann|gewannen|verlor|verloren|trat|traten)\b",
            doubt="""wird werden will wollen soll sollen sollte sollten kann können könnte könnten
            muss müssen darf dürfen würde würden möchte ist sind hat haben geplant* angesetzt*
            vorgesehen* erwartet* angekündigt* verschoben* vertagt* kommenden nächsten letzten
            vergangenen vorigen jeden ab bis vor nach seit zum zur wenn falls ob dass jahrestag
            einmal woche wochen monat jahr jahre später früher bereit""",
            between="über für gegen von mit wegen um während",
            clause=r"[.;:!?,\n–—]|\b(?:und|oder|aber|sowie)\b",
            distances={"gestern": -1, "heute": 0},
            hours=(1, 2),
        ),
        "fr": _tongue(
            "fr",
            weekday=r"(?<![\w-])(?<!le\s)(?<!au\s)(?<!de\s)(?<!à\s)WEEKDAY(?:\s(?:matin|soir|après-midi))?"
            r"(?![\w-])(?!\s(?:au|et|ou|prochain|dernier)\b)(?!\sà\s(?:DAYS))",
            was=r"\b(?:a|ont)\sété\b|\b(?:était|étaient|fut|furent)\b"
            r"|\b(?:est|sont)\s(?:morte?s?|tombée?s?|venue?s?|arrivée?s?|décédée?s?)\b"
            r"|\b(?:a|ont)\s(?:heurté|percuté|tué|blessé|frappé|détruit|attaqué|élu|adopté|rejeté"
            r"|voté|arrêté|gagné|perdu|explosé|coulé)\b",
            doubt="""sera seront serait seraient aura auront aurait auraient va vont doit doivent
            devrait devraient peut peuvent pourrait pourraient prévu* attendu* annoncé* fixé*
            reporté* convoqué* appelé* invité* prochain prochaine dernier chaque dès jusqu* avant
            après depuis d'ici qui que qu'* dont où si quand lorsque anniversaire semaine semaines
            mois ans ancien""",
            between="pour contre sur avec entre par",
            clause=r"[.;:!?\n]|,\s(?=a\s)|\bet\b|\bmais\b",
            distances={"hier": -1},
            hours=(-4, 2),
        ),
        "es": _tongue(
            "es",
            weekday=r"(?<!\w)(?:el|este)\s(?:pasado\s)?WEEKDAY(?:\spor\sla\s(?:mañana|tarde|noche))?"
            r"(?![\w-])(?!\s(?:al|y|o|próximo|que|pasado|a|hasta|de)\b)",
            was=r"\b(?:fue|fueron|murió|murieron|resultó|resultaron|ocurrió|ocurrieron|chocó|chocaron"
            r"|cayó|cayeron|llegó|llegaron|explotó|estalló|atacó|mató|hirió|ganó|perdió|destruyó"
            r"|detuvo|aprobó|rechazó|votó|hundió|golpeó)\b",
            doubt="""será serán sería serían va van debe deben puede pueden podría podrían habrá
            previsto* prevista* programad* convocad* anunciad* aplazad* esperad* próximo próxima
            cada desde hasta antes después que quien quienes cuando donde si aniversario semana
            semanas mes meses año años ex""",
            between="para contra sobre con entre por",
            clause=r"[.;:!?\n]|,\s(?=según|dijo)|\by\b|\bpero\b",
            distances={"ayer": -1, "hoy": 0},
            hours=(-6, 2),
        ),
    }
)


def _by_weekday(text: str, tongue: _Tongue, published_at: datetime) -> Iterator[FoundDay]:
    for found in tongue.weekday.finditer(text):
        name = found["weekday"]
        if name.islower() == tongue.is_lower and _tells_what_was(text, found, tongue):
            days = {
                _last(tongue.weekdays[name.lower()], today)
                for today in _local_days(published_at, tongue.hours)
            }
            if len(days) == 1:
                yield FoundDay(days.pop(), found.start("weekday"), found.end("weekday"))


def _tells_what_was(text: str, found: re.Match[str], tongue: _Tongue) -> bool:
    """Tell whether the clause around a weekday has a verb of the past, and nothing that is open.

    The verb stands before the weekday, or right behind one that opens the sentence; and nothing
    between the two could have a day of its own, as "the march against the vote on Tuesday" has.
    """
    start, end = _clause_around(text, found, tongue)
    before, behind = text[start : found.start()], text[found.end() : end]
    if _YEAR.search(before) or tongue.doubt.search(before):
        return False
    verbs = list(tongue.was.finditer(before))
    if verbs:
        between = before[verbs[-1].end() :]
        is_open = tongue.between.search(between) or _BREAK.search(between)
        return not (is_open or tongue.doubt.search(behind) or _YEAR.search(behind))
    following = tongue.was.search(behind)
    if any(map(str.isalnum, before)) or following is None:
        return False
    return not tongue.doubt.search(behind, 0, following.end())


_YEAR = re.compile(r"(?<![0-9])[12][0-9]{3}(?![0-9])")
_BREAK = re.compile("[,(–—]")


def _clause_around(text: str, found: re.Match[str], tongue: _Tongue) -> tuple[int, int]:
    start, end = 0, len(text)
    for mark in tongue.clause.finditer(text):
        if mark.end() <= found.start():
            start = mark.end()
        elif mark.start() >= found.end():
            end = mark.start()
            break
    return start, end


def _last(weekday: int, today: date) -> date:
    return today - timedelta(days=(today.weekday() - weekday) % 7)


def _by_distance(text: str, tongue: _Tongue, published_at: datetime) -> Iterator[FoundDay]:
    days = _local_days(published_at, tongue.hours)
    if len(days) > 1:
        return
    (today,) = days
    for found in _WORD.finditer(text):
        distance = tongue.distances.get(found.group().lower())
        # "Today" may mean these days.
        is_open = distance == 0 and tongue.doubt.search(text) is not None
        if distance is not None and not is_open and not _BOUND.search(text[: found.start()]):
            yield FoundDay(today + timedelta(days=distance), found.start(), found.end())


_WORD = re.compile(r"(?<![\w'’-])[^\W\d_]+(?![\w'’-])")
_BOUND = _just_before(
    """of than since until till by from before after for bis seit ab von vor nach als für de d'
    depuis avant après jusqu'à que desde hasta antes"""
)


def _local_days(published_at: datetime, hours: tuple[int, int]) -> frozenset[date]:
    """Return the days on which publishers of a language were, from west to east."""
    return frozenset((published_at + timedelta(hours=shift)).date() for shift in hours)
