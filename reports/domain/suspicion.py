"""Tell which article of a story speaks to the model that reads it, and which one is to blame.

This is no wall: whatever slips through here meets the verifier like every other text. It only
answers one question, after a model refused or wrote nothing that holds: on whose account?
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from reports.domain.analysis import DraftClaim, GroundedClaim, Rejected, SourcePassage

ENOUGH_FALLEN = 3
"""So many proposed sentences of an article must fall, and none hold."""

_FEW = r"(?: [\w']{1,20}){0,4}"
_MACHINE = (
    r"(?:ai|llm|(?:large )?language model|(?:ai )?assistant|chatbot|bot|summari[sz]er|chatgpt|"
    r"claude|gpt|machine)s?\b"
)
_ORDERS = r"(?:instruction|prompt|rule|guideline|directive|command|order|message|training|text)s?\b"
# News tells of people who ignore rules; a machine is told which ones, and as an order.
_PHRASES = (
    rf"\b(?:ignore|disregard|forget|override|bypass){_FEW} (?:previous|prior|above|earlier|"
    rf"preceding|foregoing|system|your|these)(?: [\w']{{1,20}}){{0,2}} {_ORDERS}",
    r"\b(?:ignore|disregard|forget) (?:everything|anything|all)(?: that| was| is| you| have| were)"
    r"{0,3} (?:above|before|said|written|told|been)\b",
    rf"\b(?:do not|don't|stop) (?:follow|obey)(?:ing)? (?:the|your|any|these|all){_FEW} {_ORDERS}",
    r"\b(?:your|the|hidden|developer|secret) (?:system )?(?:prompt|instructions) (?:is|are|now|"
    r"follow|below)\b",
    r"\b(?:reveal|print|repeat|output|show|leak|return) (?:me )?(?:your|the)(?: [\w']{1,20})? "
    r"(?:prompt|instructions|api key|secrets?)\b",
    r"\b(?:system|developer) (?:prompt|message|override|instruction)s?\b",
    r"\bnew (?:instructions?|task|rules?) ?:",
    r"\b(?:developer|god|dan|jailbreak) mode (?:is )?(?:on|enabled|activated)\b",
    rf"\byou are (?:now |no longer )?(?:an? |the )?(?:\w{{1,20}} )?{_MACHINE}",
    r"\byou are (?:now|no longer) (?:dan|bound|an ai)\b",
    rf"\bif you are (?:an? )?{_MACHINE}",
    rf"\bas an? {_MACHINE} (?:you|please|your)\b",
    r"\b(?:dear|hello|hey|attention|note to|message to|instructions? (?:for|to)) (?:all |any |the |"
    rf"an? )?{_MACHINE}",
    rf"\b{_MACHINE} (?:that (?:is|are) )?(?:reading|processing|parsing|summari[sz]ing|"
    r"analy[sz]ing) (?:this|these)\b",
    r"\b(?:ignorier(?:e|en|t)|missachte|vergiss|vergesst|vergessen)(?: \w{1,20}){0,3} "
    r"(?:vorherig|vorig|bisherig|obig|alle|deine|eure)\w{0,5}(?: \w{1,20}){0,2} "
    r"(?:anweisung|instruktion|befehl|vorgabe|regel)(?:en|n|e)?\b",
    r"\b(?:ignore[zr]?|oublie[zr]?)(?: \w{1,20}){0,3} (?:instructions?|consignes?|directives?) "
    r"(?:precedente?s?|ci-dessus|anterieures?|systeme)\b",
    r"\b(?:ignor(?:a|e|en|ar)|olvid(?:a|e|en|ar))(?: \w{1,20}){0,3} (?:instrucciones|indicaciones|"
    r"ordenes|reglas) (?:anteriores|previas|de arriba|del sistema)\b",
    r"\b(?:ignor(?:a|ate|i|are)|dimentica(?:te)?)(?: \w{1,20}){0,3} (?:istruzioni|indicazioni|"
    r"regole) (?:precedenti|di cui sopra|del sistema)\b",
    r"\b(?:ignor(?:a|e|em|ar)|esque(?:ca|cam|cer))(?: \w{1,20}){0,3} (?:instrucoes|ordens|regras) "
    r"(?:anteriores|acima|previas|do sistema)\b",
    r"\b(?:negeer|vergeet)(?: \w{1,20}){0,3} (?:instructies|opdrachten|regels)\b",
    r"\bignorera(?: \w{1,20}){0,3} instruktioner(?:na)?\b",
    r"\b(?:zignoruj|ignoruj|zapomnij)(?: \w{1,20}){0,3} (?:instrukcje|polecenia|zasady)\b",
    # Accents are gone from the text, so that и stands for й.
    r"\b(?:про)?(?:игнорируи|игноруи|ігноруи|забудь)(?:те)?(?: \w{1,20}){0,3} "
    r"(?:инструкции|указания|правила|інструкціі|вказівки)",
    r"\b(?:onceki|yukaridaki)(?: \w{1,20}){0,2} (?:talimat|komut|yonerge)lar(?: ?\w{1,20}){0,3} "
    r"(?:yok|gormezden|unut)",
    r"تجاهل(?: \w{1,20}){0,3} (?:التعليمات|تعليمات|الأوامر|الاوامر)",
    r"(?:忽略|无视|無視|忘记).{0,12}(?:指令|指示|提示|命令|说明)",
    r"(?:指示|命令|プロンプト).{0,8}(?:無視|忘れ)",
    r"(?:이전|위의|앞의).{0,12}(?:지시|명령|지침).{0,8}(?:무시|잊)",
)
_ORDER = re.compile("|".join(_PHRASES))

# Marks of a conversation or of a reply that no publisher prints in an article.
_MARKS = re.compile(
    r"<\|[a-z_]{2,30}\|>|\[/?inst\]|<</?sys>>|</?(?:system|assistant|user|passage|document|"
    r"instructions?)>|#{2,6}\s?(?:system|instruction|assistant|response)\b|"
    r"(?:^|\n) {0,4}(?:system|assistant|human) ?:|"
    r"[\"'](?:claims|evidence|role|rulings|tool_use|stop_reason)[\"'] ?:|"
    r"anthropic_magic_string|\b(?:begin|end) (?:of )?(?:system|untrusted|prompt|instructions)\b"
)

# For what is spelled with gaps, look-alikes or figures: letters alone, nothing between them.
_SQUEEZED = (
    "ignorepreviousinstructions",
    "ignoreallpreviousinstructions",
    "ignoretheaboveinstructions",
    "ignoreallinstructions",
    "ignoreallpriorinstructions",
    "ignorepriorinstructions",
    "ignoreyourinstructions",
    "disregardpreviousinstructions",
    "disregardallpreviousinstructions",
    "forgetallpreviousinstructions",
    "systemprompt",
    "youarenowan",
)
_LOOK_ALIKES = str.maketrans(
    "аеорсхуиіѕјԁһӏкмтвнοαερτυνκι013457@$|", "aeopcxyuisjdhlkmtbhoaeptuvkioieastasl"
)


def speaks_to_model(text: str) -> bool:
    """Tell whether a text gives orders to a machine that reads it, as far as words can show."""
    plain = _plain(text)
    if _MARKS.search(plain) or _ORDER.search(_BETWEEN.sub(" ", plain)):
        return True
    squeezed = "".join(filter(str.isalpha, plain.translate(_LOOK_ALIKES)))
    return any(phrase in squeezed for phrase in _SQUEEZED)


_BETWEEN = re.compile(r"[^\w':-]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_SPACES = re.compile(r"[^\S\n]+")


def _plain(text: str) -> str:
    """Return a text in small letters without accents or hidden characters, spaces single."""
    taken_apart = unicodedata.normalize("NFKD", text).casefold().replace("’", "'")
    composed = unicodedata.normalize("NFC", _ACCENTS.sub("", taken_apart))
    hidden = {"Cf", "Cs", "Co", "Cn"}
    shown = (letter for letter in composed if unicodedata.category(letter) not in hidden)
    return _SPACES.sub(" ", "".join(shown))


def speakers(passages: Iterable[SourcePassage]) -> frozenset[int]:
    """Return the articles that speak to the model, in a passage or across two of them."""
    texts: dict[int, list[str]] = {}
    for passage in passages:
        texts.setdefault(passage.article_id, []).append(passage.text)
    return frozenset(
        article for article, parts in texts.items() if speaks_to_model("\n".join(parts))
    )


def blamed_for_refusal(passages: Sequence[SourcePassage]) -> frozenset[int]:
    """Return the articles on whose account a model refused a story; empty if nobody can tell.

    The only article; or the only one that speaks to the model, with the copies of it that do.
    Where several independent ones do, the story may well be about such texts.
    """
    articles = {passage.article_id for passage in passages}
    if len(articles) <= 1:
        return frozenset(articles)
    speaking = speakers(passages)
    copies = {passage.article_id for passage in passages if passage.is_copy}
    return speaking if len(speaking - copies) <= 1 else frozenset()


def never_held(
    grounded: Iterable[GroundedClaim],
    refused: Iterable[Rejected],
    *,
    article_of: Mapping[int, int],
) -> Mapping[int, int]:
    """Return the articles of which ENOUGH_FALLEN sentences fell and none held, with how many.

    article_of: of each passage that the analyst was shown

    A sentence is said once, however often it was proposed. One that quotes several articles
    speaks against none of them: any could have borne it.
    """
    held = {
        article_of[span.passage_id]
        for claim in grounded
        for span in claim.evidence
        if span.passage_id in article_of
    }
    said = {(fallen.claim.text, _quoted(fallen.claim, article_of)) for fallen in refused}
    fell = Counter(article for _, articles in said if len(articles) == 1 for article in articles)
    return {
        article: count
        for article, count in sorted(fell.items())
        if count >= ENOUGH_FALLEN and article not in held
    }


def _quoted(claim: DraftClaim, article_of: Mapping[int, int]) -> frozenset[int]:
    return frozenset(
        article_of[quote.passage_id] for quote in claim.evidence if quote.passage_id in article_of
    )


def at_fault(candidates: Collection[int], *, speaking: Collection[int]) -> frozenset[int]:
    """Return those of the candidates that are to blame.

    Where an article speaks to the model, what the model wrote of the others is not their fault:
    nobody may have a competitor's article taken out of reports.
    """
    return frozenset(set(candidates) & set(speaking) if speaking else candidates)
