"""How languages write their figures: months, numerals, scales, currencies and units."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from reports.domain.lexicon import set_of

_EN_MONTHS = (
    "January|Jan February|Feb March|Mar April|Apr May June|Jun July|Jul August|Aug "
    "September|Sept|Sep October|Oct November|Nov December|Dec"
)
_MONTHS: Mapping[str, str] = MappingProxyType(
    {
        "en": _EN_MONTHS,
        "de": "Januar|Jänner Februar März|Mrz April Mai Juni Juli August September|Sept "
        "Oktober|Okt November|Nov Dezember|Dez",
        "fr": "janvier|janv février|févr mars avril mai juin juillet|juil août septembre|sept "
        "octobre|oct novembre|nov décembre|déc",
        "es": "enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre "
        "noviembre diciembre",
        "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre "
        "novembre dicembre",
        "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
        "dezembro",
        "nl": "januari februari maart april mei juni juli augustus september oktober november "
        "december",
    }
)
_EN_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_DE_UNITS = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
    "fünfzehn sechzehn siebzehn achtzehn neunzehn"
)
_DE_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
# "one" as an article ("un", "ein", "una") is no figure: it counts nothing.
_FR_WORDS = (
    "zéro=0 deux=2 trois=3 quatre=4 cinq=5 six=6 sept=7 huit=8 neuf=9 dix=10 onze=11 douze=12 "
    "treize=13 quatorze=14 quinze=15 seize=16 dix-sept=17 dix-huit=18 dix-neuf=19 vingt=20 "
    "trente=30 quarante=40 cinquante=50 soixante=60 soixante-dix=70 quatre-vingts=80 "
    "quatre-vingt=80 quatre-vingt-dix=90"
)
_ES_WORDS = (
    "cero=0 dos=2 tres=3 cuatro=4 cinco=5 seis=6 siete=7 ocho=8 nueve=9 diez=10 once=11 doce=12 "
    "trece=13 catorce=14 quince=15 dieciséis=16 diecisiete=17 dieciocho=18 diecinueve=19 "
    "veinte=20 treinta=30 cuarenta=40 cincuenta=50 sesenta=60 setenta=70 ochenta=80 noventa=90"
)
_IT_WORDS = (
    "zero=0 due=2 tre=3 quattro=4 cinque=5 sei=6 sette=7 otto=8 nove=9 dieci=10 undici=11 "
    "dodici=12 venti=20 trenta=30 quaranta=40 cinquanta=50"
)
_PT_WORDS = (
    "zero=0 dois=2 duas=2 três=3 quatro=4 cinco=5 seis=6 sete=7 oito=8 nove=9 dez=10 onze=11 "
    "doze=12 treze=13 catorze=14 quinze=15 vinte=20 trinta=30 quarenta=40 cinquenta=50"
)
_NL_WORDS = (
    "nul=0 twee=2 drie=3 vier=4 vijf=5 zes=6 zeven=7 acht=8 negen=9 tien=10 elf=11 twaalf=12 "
    "dertien=13 veertien=14 vijftien=15 twintig=20 dertig=30 veertig=40 vijftig=50"
)
_NUMERALS: Mapping[str, str] = MappingProxyType(
    {"fr": _FR_WORDS, "es": _ES_WORDS, "it": _IT_WORDS, "pt": _PT_WORDS, "nl": _NL_WORDS}
)
_EN_ORDINALS = (
    "first=1 third=3 fourth=4 fifth=5 sixth=6 seventh=7 eighth=8 ninth=9 tenth=10 eleventh=11 "
    "twelfth=12 twentieth=20"
)
_DE_ORDINALS = "erst=1 zweit=2 dritt=3 viert=4 fünft=5 sechst=6 siebt=7 acht=8 neunt=9 zehnt=10"
_FR_ORDINALS = (
    "premier=1 première=1 deuxième=2 troisième=3 quatrième=4 cinquième=5 sixième=6 dixième=10"
)

_THOUSAND, _MILLION, _MILLIARD, _TRILLION = 10**3, 10**6, 10**9, 10**12
_SCALES: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "en": {
            "hundred": 100,
            "thousand": _THOUSAND,
            "million": _MILLION,
            "mln": _MILLION,
            "mn": _MILLION,
            "billion": _MILLIARD,
            "bn": _MILLIARD,
            "trillion": _TRILLION,
            "tn": _TRILLION,
            "lakh": 10**5,
            "crore": 10**7,
            "dozen": 12,
        },
        "de": {
            "hundert": 100,
            "tausend": _THOUSAND,
            "million": _MILLION,
            "millionen": _MILLION,
            "mio": _MILLION,
            "milliarde": _MILLIARD,
            "milliarden": _MILLIARD,
            "mrd": _MILLIARD,
            "billion": _TRILLION,
            "billionen": _TRILLION,
            "dutzend": 12,
        },
        "fr": {
            "cent": 100,
            "cents": 100,
            "mille": _THOUSAND,
            "million": _MILLION,
            "millions": _MILLION,
            "milliard": _MILLIARD,
            "milliards": _MILLIARD,
            "billion": _TRILLION,
            "billions": _TRILLION,
        },
        "es": {
            "mil": _THOUSAND,
            "millón": _MILLION,
            "millones": _MILLION,
            "billón": _TRILLION,
            "billones": _TRILLION,
        },
        "it": {
            "mila": _THOUSAND,
            "milione": _MILLION,
            "milioni": _MILLION,
            "miliardo": _MILLIARD,
            "miliardi": _MILLIARD,
        },
        "pt": {
            "mil": _THOUSAND,
            "milhão": _MILLION,
            "milhões": _MILLION,
            "bilhão": _MILLIARD,
            "bilhões": _MILLIARD,
        },
        "nl": {"duizend": _THOUSAND, "miljoen": _MILLION, "miljard": _MILLIARD},
    }
)
# One letter is a scale only after a currency sign: "£20m" is money, "20m" may be a distance.
LETTER_SCALES = {"k": _THOUSAND, "m": _MILLION, "b": _MILLIARD, "bn": _MILLIARD, "tn": _TRILLION}

COMMA_IS_DECIMAL = set_of(
    """
    bg ca cs da de el es et eu fi fr gl hr hu id is it lt lv nb nl nn no pl pt ro ru sk sl sr sv
    tr uk vi
    """
)
SPACE_PARTS_THOUSANDS = set_of("fr es pt ru uk pl cs sk sv no nb nn fi hu bg lt lv et")

CURRENCY_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "us$": "us dollar",
        "au$": "australian dollar",
        "a$": "australian dollar",
        "nz$": "new zealand dollar",
        "ca$": "canadian dollar",
        "c$": "canadian dollar",
        "s$": "singapore dollar",
        "hk$": "hong kong dollar",
        "nt$": "taiwan dollar",
        "r$": "real",
        "$": "dollar",
        "€": "euro",
        "£": "pound",
        "¥": "yen",
        "₹": "rupee",
        "₱": "peso",
        "₩": "won",
        "₽": "ruble",
        "₺": "lira",
        "₪": "shekel",
        "฿": "baht",
        "₫": "dong",
        "₦": "naira",
        "usd": "us dollar",
        "eur": "euro",
        "gbp": "pound",
        "chf": "swiss franc",
        "jpy": "yen",
        "php": "peso",
        "rmb": "yuan",
        "rs": "rupee",
        "rm": "ringgit",
        "p": "peso",
    }
)
UNIT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "%": "percent",
        "percent": "percent",
        "per cent": "percent",
        "pct": "percent",
        "prozent": "percent",
        "pour cent": "percent",
        "por ciento": "percent",
        "por cento": "percent",
        "per cento": "percent",
        "procent": "percent",
        "percentage points": "point",
        "percentage point": "point",
        "prozentpunkte": "point",
        "prozentpunkten": "point",
        "‰": "per mille",
        "°c": "degree celsius",
        "°f": "degree fahrenheit",
        "°": "degree",
        "degrees": "degree",
        "degree": "degree",
        "grad": "degree",
        "us dollars": "us dollar",
        "dollars": "dollar",
        "dollar": "dollar",
        "$": "dollar",
        "euros": "euro",
        "euro": "euro",
        "eur": "euro",
        "€": "euro",
        "pounds": "pound",
        "pfund": "pound",
        "£": "pound",
        "yen": "yen",
        "yuan": "yuan",
        "pesos": "peso",
        "rupees": "rupee",
        "rubles": "ruble",
        "roubles": "ruble",
        "rubel": "ruble",
        "francs": "franc",
        "franken": "swiss franc",
        "uhr": "o'clock",
        "year-old": "year-old",
        "year-olds": "year-old",
        "year old": "year-old",
        "years old": "year-old",
        "jährig": "year-old",
        "jährige": "year-old",
        "jährigen": "year-old",
        "jähriger": "year-old",
        "jähriges": "year-old",
        "jahre alt": "year-old",
        "km": "kilometer",
        "kilometer": "kilometer",
        "kilometers": "kilometer",
        "kilometre": "kilometer",
        "kilometres": "kilometer",
        "kilometern": "kilometer",
        "kilomètre": "kilometer",
        "kilomètres": "kilometer",
        "kilómetro": "kilometer",
        "kilómetros": "kilometer",
        "km/h": "kilometer per hour",
        "kph": "kilometer per hour",
        "kilometers per hour": "kilometer per hour",
        "kilometres per hour": "kilometer per hour",
        "stundenkilometer": "kilometer per hour",
        "stundenkilometern": "kilometer per hour",
        "mph": "mile per hour",
        "miles per hour": "mile per hour",
        "mile": "mile",
        "miles": "mile",
        "meilen": "mile",
        "kg": "kilogram",
        "kilo": "kilogram",
        "kilos": "kilogram",
        "kilogram": "kilogram",
        "kilograms": "kilogram",
        "kilogramm": "kilogram",
        "kilogrammes": "kilogram",
        "kilogramos": "kilogram",
        "tonne": "tonne",
        "tonnes": "tonne",
        "tonnen": "tonne",
        "toneladas": "tonne",
        "hectare": "hectare",
        "hectares": "hectare",
        "hektar": "hectare",
        "hectáreas": "hectare",
    }
)
ORDINAL_SUFFIXES = set_of("st nd rd th er ère e ème º ª")


def months_of(language: str) -> Mapping[str, int]:
    """Return the names of the months with their numbers, as written and in capitals."""
    numbers = {}
    for number, variants in enumerate(_MONTHS.get(language, _EN_MONTHS).split(), start=1):
        for name in variants.split("|"):
            numbers[name] = number
            numbers[name.upper()] = number
    return numbers


def numerals_of(language: str) -> Mapping[str, int]:
    """Return the words for numbers below a hundred (in German also whole hundreds)."""
    if language == "de":
        return _german_numerals()
    return _pairs(_NUMERALS[language]) if language in _NUMERALS else _english_numerals()


def ordinals_of(language: str) -> Mapping[str, int]:
    """Return the words for ordinals. "Second" is left out: it is mostly a time."""
    if language == "de":
        endings = ("e", "er", "en", "es", "em")
        stems = _pairs(_DE_ORDINALS).items()
        return {stem + ending: value for stem, value in stems for ending in endings}
    if language == "fr":
        return _pairs(_FR_ORDINALS)
    return {} if language in _NUMERALS else _pairs(_EN_ORDINALS)


def scales_of(language: str) -> Mapping[str, int]:
    """Return the words that multiply a number: thousand, Mio., milliards."""
    return _SCALES.get(language, _SCALES["en"])


@lru_cache(maxsize=64)
def numbers_in_words(language: str) -> frozenset[str]:
    """Return the words that numbers are made of: "twelve", "third", "million"."""
    return frozenset({*numerals_of(language), *ordinals_of(language), *scales_of(language)})


def _pairs(words: str) -> dict[str, int]:
    pairs = (pair.split("=") for pair in words.split())
    return {word: int(value) for word, value in pairs}


def _english_numerals() -> dict[str, int]:
    ones = _EN_UNITS.split()
    words = {word: value for value, word in enumerate(ones)}
    for tens, ten in enumerate(_EN_TENS.split(), start=2):
        words[ten] = 10 * tens
        for value, one in enumerate(ones[1:10], start=1):
            words[f"{ten}-{one}"] = words[f"{ten} {one}"] = 10 * tens + value
    return words


def _german_numerals() -> dict[str, int]:
    words = {word: value for value, word in enumerate(_DE_UNITS.split())}
    ones = ["ein", *_DE_UNITS.split()[2:10]]
    for tens, ten in enumerate(_DE_TENS.split(), start=2):
        words[ten] = 10 * tens
        words |= {f"{one}und{ten}": 10 * tens + value for value, one in enumerate(ones, start=1)}
    for value, one in enumerate(ones, start=1):
        words[f"{one}hundert"] = 100 * value
        words[f"{one}tausend"] = 1000 * value
    return words
