"""Which news agency a text credits: in its dateline, its byline or its last lines.

Twelve outlets with one agency's text are one report. Desks rewrite the first sentence, so the
words alone do not always tell; the credit does. It counts only where credits stand: "told
Reuters" in the middle of a sentence is a mention, and says nothing about who wrote the text. So is
"The Associated Press contributed to this report", which ends texts that a desk wrote itself.

No pattern runs over the whole text: what stands in those places is looked up in a closed table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# Credits stand at the ends; what is between is never looked at.
HEAD_CHARS = 600
TAIL_CHARS = 800
HEAD_LINES = 4
TAIL_LINES = 3
# A dateline is short: "ST. PETERSBURG, Fla., June 9, 2026 (AP) —".
MAX_DATELINE = 80
MAX_CREDIT = 60
MAX_BYLINE = 120
MAX_AUTHOR = 200
MAX_TITLE = 500

# What to call each, and how credits write it. Short forms count in just this spelling.
AGENCIES: Mapping[str, str] = {
    "Reuters": "Reuters|REUTERS|Thomson Reuters|Reuters Staff|Reuters News|Рейтер|رويترز|路透社|"
    "路透|ロイター|로이터|로이터통신|Ρόιτερς|רויטרס",
    "AP": "AP|Associated Press|AP News|A.P.|АП|أ ب|أ.ب|美联社|美聯社|ＡＰ",
    "AFP": "AFP|Agence France-Presse|Agence France Presse|AFP News|AFP-JIJI|AFP-Jiji|AFPBB News|"
    "АФП|أ ف ب|أ.ف.ب|فرانس برس|法新社|ＡＦＰ|AFP時事|AFP=時事",
    "dpa": "dpa|DPA|Dpa|dpa-AFX|dpa-infocom|Deutsche Presse-Agentur|dpa International|د ب أ|د.ب.أ",
    "PA Media": "PA|Press Association|PA Media|PA News Agency|The Press Association|PA Wire",
    "Bloomberg": "Bloomberg|BLOOMBERG|Bloomberg News|Bloomberg L.P.|Bloomberg LP|Блумберг",
    "ANSA": "ANSA|Ansa|Agenzia ANSA",
    "Adnkronos": "Adnkronos|ADNKRONOS|AdnKronos|Labitalia",
    "askanews": "askanews|Askanews|ASKANEWS",
    "LaPresse": "LaPresse|LAPRESSE",
    "AGI": "AGI|Agenzia Italia",
    "EFE": "EFE|Efe|Agencia EFE|EFE News|Agencia Efe",
    "Europa Press": "EUROPA PRESS|Europa Press|EP",
    "Notimex": "Notimex|NOTIMEX",
    "Télam": "Télam|TELAM|Telam",
    "Prensa Latina": "Prensa Latina|PL",
    "Lusa": "Lusa|LUSA|Agência Lusa",
    "Agência Brasil": "Agência Brasil|Agencia Brasil",
    "Estadão Conteúdo": "Estadão Conteúdo|Estadao Conteudo",
    "Belga": "Belga|BELGA|Agence Belga",
    "ANP": "ANP|Algemeen Nederlands Persbureau",
    "Keystone-SDA": "Keystone-SDA|Keystone-ATS|sda|SDA|ATS|ats|Schweizerische Depeschenagentur",
    "APA": "APA|Austria Presse Agentur|apa",
    "epd": "epd|Evangelischer Pressedienst",
    "KNA": "KNA|Katholische Nachrichten-Agentur",
    "SID": "SID|Sport-Informations-Dienst",
    "TT": "TT|Tidningarnas Telegrambyrå",
    "NTB": "NTB|NTB Scanpix|Norsk Telegrambyrå",
    "Ritzau": "Ritzau|ritzau|RITZAU|Ritzaus Bureau",
    "STT": "STT|Suomen Tietotoimisto|STT-Lehtikuva",
    "PAP": "PAP|Polska Agencja Prasowa",
    "ČTK": "ČTK|CTK|Česká tisková kancelář",
    "TASR": "TASR",
    "MTI": "MTI|Magyar Távirati Iroda",
    "Agerpres": "AGERPRES|Agerpres",
    "BTA": "BTA|БТА",
    "HINA": "HINA|Hina",
    "Tanjug": "Tanjug|TANJUG|Танјуг",
    "BNS": "BNS|Baltic News Service",
    "ELTA": "ELTA",
    "LETA": "LETA",
    "ANA-MPA": "ANA-MPA|ΑΠΕ-ΜΠΕ|AMNA",
    "TASS": "TASS|ITAR-TASS|Itar-Tass|ТАСС|ИТАР-ТАСС",
    "RIA Novosti": "RIA Novosti|РИА Новости|RIA|РИА",
    "Interfax": "Interfax|INTERFAX|Интерфакс|ИНТЕРФАКС",
    "Interfax-Ukraine": "Interfax-Ukraine|Интерфакс-Украина|Інтерфакс-Україна",
    "Ukrinform": "Ukrinform|Укринформ|Укрінформ|UKRINFORM",
    "BelTA": "BelTA|БЕЛТА|BELTA",
    "Anadolu": "AA|Anadolu Agency|Anadolu Ajansı|Anadolu|الأناضول",
    "DHA": "DHA|Demirören Haber Ajansı",
    "İHA": "İHA|IHA|İhlas Haber Ajansı",
    "IRNA": "IRNA|ایرنا|Islamic Republic News Agency",
    "ISNA": "ISNA|ایسنا",
    "SANA": "SANA|سانا",
    "WAM": "WAM|وام|Emirates News Agency",
    "SPA": "SPA|واس|Saudi Press Agency",
    "KUNA": "KUNA|كونا",
    "QNA": "QNA|قنا|Qatar News Agency",
    "MENA": "MENA|أ ش أ|أ.ش.أ|Middle East News Agency",
    "Petra": "Petra|بترا",
    "WAFA": "WAFA|وفا",
    "APS": "APS|واج|Algérie Presse Service",
    "MAP": "MAP|Maghreb Arabe Presse",
    "NAN": "NAN|News Agency of Nigeria",
    "GNA": "GNA|Ghana News Agency",
    "Xinhua": "Xinhua|XINHUA|Xinhua News Agency|新华社|新華社|新华网|Синьхуа|شينخوا|Agencia Xinhua",
    "China News Service": "中新社|中新网|China News Service|CNS",
    "CNA Taiwan": "中央社|Central News Agency",
    "Kyodo": "Kyodo|KYODO|Kyodo News|共同|共同通信|共同社",
    "Jiji": "Jiji|JIJI|Jiji Press|JIJI Press|時事|時事通信|时事社",
    "Yonhap": "Yonhap|YONHAP|Yonhap News|Yonhap News Agency|연합뉴스|韩联社|聯合ニュース",
    "Newsis": "뉴시스|Newsis",
    "News1 Korea": "뉴스1",
    "KCNA": "KCNA|조선중앙통신",
    "PTI": "PTI|Press Trust of India|भाषा|पीटीआई|PTI Bhasha",
    "ANI": "ANI|Asian News International|एएनआई",
    "IANS": "IANS|Indo-Asian News Service|आईएएनएस",
    "UNI": "UNI|United News of India|वार्ता",
    "APP": "APP|Associated Press of Pakistan",
    "BSS": "BSS|Bangladesh Sangbad Sangstha|বাসস",
    "UNB": "UNB|United News of Bangladesh",
    "PNA": "PNA|Philippine News Agency",
    "Antara": "ANTARA|Antara|ANTARA News|LKBN Antara",
    "Bernama": "Bernama|BERNAMA",
    "VNA": "VNA|TTXVN|Vietnam News Agency",
    "AAP": "AAP|Australian Associated Press|AAP FactCheck",
    "The Canadian Press": "CP|Canadian Press|La Presse Canadienne|La Presse canadienne",
    "UPI": "UPI|United Press International",
    "IPS": "IPS|Inter Press Service",
}

_BY_FORM = {form: name for name, forms in AGENCIES.items() for form in forms.split("|")}
# Whole names are not mistaken for other words, however they are capitalized.
_LONG_FORM = 8
_BY_LONG_FORM = {
    form.casefold(): name for form, name in _BY_FORM.items() if len(form) >= _LONG_FORM
}
# Bare at the end of a sentence these are also words, parties, grades or places.
_AMBIGUOUS = (
    "AA|APA|APP|APS|ATS|CP|CNS|EP|IPS|IRNA|MAP|MENA|MTI|NAN|PA|PL|SDA|SID|SPA|STT|TT|UNI|AGI|apa"
    "|ats|وام|وفا|قنا|共同|時事|路透"
)
_ONLY_WITH_MARKS = frozenset(_AMBIGUOUS.split("|"))

_LEADS = re.compile(
    r"^(?:\(?(?:the|by|von|par|por|pel[ao]|di|da|door|av|af|oleh|via|from|source|sources|quelle"
    r"|quellen|fuente|fonte|bron|källa|kilde|источник|مصدر|来源|來源|with|avec|mit|con|com|met|med"
    r"|reports?|inputs?|files|material|agenturmaterial|additional|agency|agencies|reporting"
    r"|information|informations|información|informações|informazioni|de|d['’]|der|das|l['’]|la|el"
    r"|staff|wire|of|for)\b\s?:?\s*){1,8}",
    re.IGNORECASE,
)
_TRAILS = re.compile(
    r"\s(?:staff|writers?|reporters?|correspondents?|newsroom|editors?|wire|news agency|agency"
    r"|nachrichtenagentur|agenturen|agencies|contributors?)$",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s?[/,;|&+·•()]\s?|\s(?:and|und|et|y|e|en|och|og|i|и|–|—|-|of|for|via)\s")
_DESK_CODE = re.compile(r"[a-z]{2,4}|[A-Z]{2,3}|[a-z]{2}\d{1,3}")
_MARKS = " \t\u00a0.,;:*_–—-|\u200e\u200f"

_OPENING, _CLOSING = "([（［【/", ")]）］】/"
_AFTER_DATELINE = "-–—:.,،。"
_SENTENCE_ENDS = ".!?…\"”»’'。！？」』)"
_SMALL_WORDS = (
    "de|la|le|les|los|las|el|del|da|do|dos|di|al|am|an|der|den|of|and|y|e|et|und|i|på|aan|bei"
    "|in|u|na|w"
)
_CONNECTORS = frozenset(_SMALL_WORDS.split("|"))
_ARTICLES = frozenset(["the", "a", "an", "das", "die", "der", "une", "un", "una", "la", "el"])
_BYLINE = re.compile(r"^(?:by|von|par|por|di|door|av|af|oleh|szerző:|автор:)\s", re.IGNORECASE)
_COPYRIGHT = re.compile(
    r"(?:©|\([cC]\)|\b[Cc]opyright\b|\bCOPYRIGHT\b)[\s©]*(?:\([cC]\)\s*)?"
    r"(?:(?:19|20)\d\d(?:\s?[-–]\s?(?:19|20)\d\d)?)?[,\s]*(?:by\s)?(?=(.{2,60}))"
)
_FIRST_PUBLISHED = re.compile(r"^This (?:report|story) by (.{3,40}?) was first published\b")
_RIGHTS = ("all rights", "tous droits", "alle rechte", "todos los derechos", "tutti i diritti")
# Scripts without spaces or brackets of ours: 新华社北京6月9日电, (서울=연합뉴스), （中央社記者…）.
_EAST_ASIAN = re.compile(
    r"^\s*(?:[（(【［\[]\s?)?(?:(新华社|新華社|中新社|中新网|共同社|韩联社|法新社|路透社|美联社)"
    r"[^。\n]{0,24}电|[^\]）)=\n]{0,16}=\s?(연합뉴스|뉴시스|뉴스1|AFP|AP|로이터)|(中央社)|"
    r"[^】\n]{0,16}?(共同|時事|ロイター|AFP時事|AFP=時事)\s?】)"
)


def agency_of(title: str, text: str, author: str) -> str:
    """Return the news agency that an article credits, as it is called here; empty if none.

    Of several the first. The credit has to stand where credits stand: at the end of the title,
    in the author's place, before the first sentence, or in the last lines.
    """
    head = [line.strip() for line in text[:HEAD_CHARS].splitlines() if line.strip()][:HEAD_LINES]
    tail = [line.strip() for line in text[-TAIL_CHARS:].splitlines() if line.strip()][-TAIL_LINES:]
    if len(text) > TAIL_CHARS and len(tail) == 1:
        tail = [tail[0][-TAIL_CHARS:]]
    return (
        _of_author(author[:MAX_AUTHOR])
        or _first(_of_opening(line) for line in head)
        or _first(_of_closing(line) for line in reversed(tail))
        or _of_title(title)
    )


def _first(names: Iterable[str]) -> str:
    return next(filter(None, names), "")


def _of_author(author: str) -> str:
    """Read the author's place: a name there that is an agency's is a credit."""
    _, at, host = author.partition("@")
    if at:
        return _BY_HOST.get(host.split(" ")[0].strip("()<>,;").casefold(), "")
    return _named(author) or _first(_named(part) for part in _PARTS.split(author))


_BY_HOST = {
    "reuters.com": "Reuters",
    "thomsonreuters.com": "Reuters",
    "ap.org": "AP",
    "afp.com": "AFP",
    "dpa.com": "dpa",
    "bloomberg.net": "Bloomberg",
    "aap.com.au": "AAP",
    "pa.media": "PA Media",
    "efe.com": "EFE",
    "ansa.it": "ANSA",
}


def _of_title(title: str) -> str:
    """Read "… | Reuters" and "… (AFP)"; a dash in a title may also mean "says Reuters"."""
    title = title[:MAX_TITLE].strip()
    before, bar, after = title.rpartition("|")
    if bar and before:
        return _named(after)
    return _bracketed_at_the_end(title, after=None)


def _of_opening(line: str) -> str:
    """Read a line at the beginning: a byline, an agency's name alone, or a dateline."""
    if len(line) <= MAX_BYLINE and _BYLINE.match(line):
        return _of_author(_BYLINE.sub("", line))
    if len(line) <= MAX_CREDIT and (named := _alone(line)):
        return named
    if found := _EAST_ASIAN.match(line):
        return _BY_FORM[next(filter(None, found.groups()))]
    return _of_dateline(line[: MAX_DATELINE + MAX_CREDIT])


def _of_dateline(line: str) -> str:
    """Read "LONDON, June 9 (Reuters) - …", "МОСКВА, 9 июня. /ТАСС/. …", "Accra, GNA – …"."""
    for place, char in enumerate(line[:MAX_DATELINE]):
        if char in _OPENING:
            credit, rest = _until_closed(line, place)
            before = line[:place]
            # Opening words in brackets of another kind, such as [India], belong to the place.
            if named := _named_in_part(credit):
                is_dateline = _is_place(before) and not _spells_out(before, credit)
                return named if is_dateline and _begins_a_sentence(rest) else ""
    return _of_bare_dateline(line)


def _until_closed(line: str, place: int) -> tuple[str, str]:
    closing = _CLOSING[_OPENING.index(line[place])]
    credit, closed, rest = line[place + 1 : place + 1 + MAX_CREDIT].partition(closing)
    return (credit, rest) if closed else ("", "")


def _begins_a_sentence(rest: str) -> bool:
    """Tell what follows a dateline from what goes on in the middle of a sentence."""
    rest = rest.lstrip()
    return not rest or rest[0] in _AFTER_DATELINE or not rest[0].islower()


def _of_bare_dateline(line: str) -> str:
    """Read datelines without brackets: between marks, before a text that begins a sentence."""
    parts = re.split(r"\s?[–—]\s?|\s-{1,2}\s|,\s|(?<=\w)[:.]\s", line[:MAX_DATELINE], maxsplit=4)
    for count, part in enumerate(parts[:-1]):
        name = _BY_FORM.get(part.strip())
        if not name or (part.strip() in _ONLY_WITH_MARKS and not count):
            continue
        end = line.find(part, sum(map(len, parts[:count]))) + len(part)
        mark, rest = line[end : end + 3].strip()[:1], line[end:].lstrip(" -–—.:")
        closes = mark in tuple("-–—") or (count > 0 and mark in tuple(".:"))
        if closes and rest[:1] and not rest[0].islower() and _is_place(" ".join(parts[:count])):
            return name
    return ""


def _is_place(words: str) -> bool:
    """Tell whether words may stand before an agency in a dateline: a place, perhaps a date."""
    if len(words) > MAX_DATELINE:
        return False
    some = re.findall(r"[^\s,/.()\[\]–—-]+", words)
    if some and some[0].casefold() in _ARTICLES and not some[0].isupper():
        return False
    # Months are written small in many languages, and dates have a number beside them.
    has_number = any(word[0].isdigit() for word in some)
    small = [w for w in some if w[0].islower() and w not in _CONNECTORS]
    return len(some) <= 9 and len(small) <= (2 if has_number else 0)


def _spells_out(before: str, credit: str) -> bool:
    """Tell "Palestinian Authority (PA)" and "Agence France-Presse (AFP)" from a dateline."""
    letters = re.sub(r"\W", "", credit).casefold()
    words = [w for w in re.findall(r"\w+", before) if w.casefold() not in _CONNECTORS]
    initials = "".join(word[0] for word in words[-len(letters) :]).casefold()
    return len(letters) > 1 and initials == letters


def _of_closing(line: str) -> str:
    """Read a line at the end: "© 2026 AFP", "(Reuters)", "… he said. – dpa", "/TASS/"."""
    if found := _FIRST_PUBLISHED.match(line):
        return _named(found[1])
    if named := _of_copyright(line):
        return named
    if len(line) <= MAX_CREDIT and (named := _alone(line)):
        return named
    return _bracketed_at_the_end(line, after=_SENTENCE_ENDS) or _after_last_sentence(line)


def _of_copyright(line: str) -> str:
    """Read whose copyright a line claims, where it begins with that or ends in it."""
    found = None
    for found in _COPYRIGHT.finditer(line[:MAX_BYLINE]):  # noqa: B007 (the last one)
        break
    else:
        for found in _COPYRIGHT.finditer(line[-MAX_BYLINE:]):  # noqa: B007
            pass
    if found is None:
        return ""
    before = found.string[: found.start()].rstrip(" ([")
    if before and before[-1] not in _SENTENCE_ENDS:
        return ""
    words = found[1].split()
    for count in range(min(5, len(words)), 0, -1):
        rest = " ".join(words[count:]).casefold()
        closes = words[count - 1][-1] in ".,;:)]" or not rest or rest[0] in "–—-|(/0123456789"
        if (closes or rest.startswith(_RIGHTS)) and (
            named := _named(" ".join(words[:count]).rstrip(")]"))
        ):
            return named
    return ""


def _bracketed_at_the_end(line: str, *, after: str | None) -> str:
    """Read "(AFP)" at the end of a line; `after`: what has to stand before it, if anything."""
    line = line.rstrip(" .")
    if not line or line[-1] not in _CLOSING:
        return ""
    place = line.rfind(_OPENING[_CLOSING.index(line[-1])], -MAX_CREDIT, -1)
    if place < 0:
        return ""
    before, credit = line[:place].rstrip(), line[place + 1 : -1]
    if after is not None and before and before[-1] not in after:
        return ""
    return "" if _spells_out(before, credit) else _alone(credit)


def _after_last_sentence(line: str) -> str:
    """Read what stands behind the last sentence: "… he said. – Reuters", "… he said. AFP"."""
    end = line[-MAX_CREDIT:].rstrip(" .*")
    for mark in ("—", "–", "--", " -"):
        before, found, credit = end.rpartition(mark)
        if found and (not before.strip() or before.rstrip(" -")[-1:] in _SENTENCE_ENDS):
            return _alone(credit)
    place = max(end.rfind(mark) for mark in _SENTENCE_ENDS)
    credit = end[place + 1 :].strip() if place >= 0 else ""
    return "" if credit in _ONLY_WITH_MARKS else _alone(credit)


def _alone(credit: str) -> str:
    """Return whom a credit names if it says nothing else: agencies, and codes of their desks."""
    credit = credit.strip(_MARKS).strip("()[]/（）【】").strip(_MARKS)
    if len(credit) > MAX_CREDIT or not credit:
        return ""
    if name := _named(credit):
        return name
    parts = [part for part in _PARTS.split(credit) if part]
    names = [_named(part) for part in parts]
    said = all(name or _DESK_CODE.fullmatch(part) for name, part in zip(names, parts, strict=True))
    return _first(names) if said else ""


def _named_in_part(credit: str) -> str:
    """Return whom brackets name first: "(dpa/lno)", "(CNN/Reuters)"; photos are not texts."""
    return _named(credit) or _first(
        _named(part) for part in re.split(r"\s?[/,;&+|]\s?", credit[:MAX_CREDIT]) if part
    )


def _named(words: str) -> str:
    """Return the agency that these words are, as it is called here; empty if they are none."""
    words = words.strip(_MARKS)
    for some in (words, _LEADS.sub("", words), _TRAILS.sub("", _LEADS.sub("", words))):
        named = _BY_FORM.get(some) or _BY_LONG_FORM.get(some.casefold())
        if named:
            return named
    return ""
