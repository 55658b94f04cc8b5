"""Words such as “tomorrow”: true on the day they were written, misleading on another.

The lists are short and reviewed by hand. A word too many costs a date in parentheses, a word
too few lets a reader mistake the day: in doubt a word is on the list.
"""

from __future__ import annotations

import re

# A word begins and ends here; “Monday.com” and “heute-show” are names, “Friday’s” is not.
BEFORE = r"(?<![\w@#./-])"
AFTER = r"(?![\w@/]|[.-]\w)"

ENGLISH_DAYS = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
GERMAN_DAYS = r"(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch|Sonnabend"
FRENCH_DAYS = r"(?:lun|mar|mercre|jeu|vendre|same)di|dimanche"
ENGLISH_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
GERMAN_MONTHS = r"(?:Jan|Jän|Feb|März|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)"
FRENCH_MONTHS = r"(?:janv|févr|mars|avr|mai|juin|juil|août|sept|oct|nov|déc)"

# A weekday beside its date needs no other.
ENGLISH_DATE = rf"(?!,?\ (?:the\ )?\d{{1,2}}(?:st|nd|rd|th)?\ (?:of\ )?{ENGLISH_MONTHS})"
ENGLISH_DATE += rf"(?!,?\ {ENGLISH_MONTHS}[a-z]*\.?\ \d)"
GERMAN_DATE = rf"(?!,?\ (?:(?:de[mnr]|am)\ )?\d{{1,2}}\.\ ?(?:\d|{GERMAN_MONTHS}))"
FRENCH_DATE = rf"(?!,?\ (?:le\ )?(?:1er|\d{{1,2}})\ {FRENCH_MONTHS})"

WORDS = {
    "en": rf"""
        today | tonight | tomorrow | yesterday
        | (?:this|last|next)\ (?:night|week|weekend)
        | (?:this|yesterday|tomorrow)\ (?:morning|afternoon|evening)
        | {ENGLISH_DAYS}{AFTER}{ENGLISH_DATE}""",
    "de": rf"""
        heute | morgen | gestern | vorgestern | übermorgen
        | (?:heutig|gestrig|morgig)e[mnrs]?
        | (?:diese[rn]?|letzten?|vergangenen?|kommenden?|nächsten?)\ (?:Nacht|Woche|Wochenende)
        | (?:{GERMAN_DAYS})(?:morgen|vormittag|mittag|nachmittag|abend|nacht)?
          {AFTER}{GERMAN_DATE}""",
    "fr": rf"""
        aujourd['’]hui | demain | hier | avant-hier | après-demain
        | ce\ soir | ce\ matin | cet\ après-midi | cette\ nuit | ce\ week-end
        | cette\ semaine | la\ semaine\ (?:dernière|prochaine)
        | (?:{FRENCH_DAYS}){AFTER}{FRENCH_DATE}""",
}

# Names and greetings that such words are part of, in the letters they are written with.
NAMES = {
    "en": rf"""
        (?:USA|Russia|India|Pakistan|Psychology|History)\ Today
        | Today\ (?:show|programme|program)
        | (?:Black|Bloody|Good|Holy|Easter|Palm|Ash|Super|Cyber|Sheffield)\ {ENGLISH_DAYS}
        | (?:{ENGLISH_DAYS})\ (?:Times|Telegraph|Mirror|Mail|Post|Express|Addams)
        | Mail\ on\ Sunday""",
    "de": r"Guten\ Morgen | Heute\ Journal | Welt\ am\ Sonntag | Bild\ am\ Sonntag",
    "fr": r"Aujourd['’]hui\ en\ France",
}


def _compiled(pattern: str, flag: re.RegexFlag) -> re.Pattern[str]:
    return re.compile(f"{BEFORE}(?:{pattern}){AFTER}", re.VERBOSE | flag)


_WORDS = {language: _compiled(pattern, re.IGNORECASE) for language, pattern in WORDS.items()}
_NAMES = {language: _compiled(pattern, re.NOFLAG) for language, pattern in NAMES.items()}


def names_a_relative_day(text: str, language: str) -> bool:
    """Return whether a text means another day on another day.

    language: as an article has it, such as “en-GB”; if it is empty, all lists are asked. Of a
              language without a list nobody can tell, so the answer is yes.
    """
    base = language.partition("-")[0].lower()
    if base and base not in _WORDS:
        return True
    line = " ".join(text.split())
    asked = [base] if base else list(_WORDS)
    return any(_WORDS[code].search(_NAMES[code].sub(" ", line)) for code in asked)
