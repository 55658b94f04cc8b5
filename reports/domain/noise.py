"""Recognize what stands in an article and is not news: boilerplate, spam, orders to machines.

The rules are few and reviewed; each language's share stands beside the others. They decide what
the local analyst never chooses. They are no defense of a model: that is what grounding is for.
"""

from __future__ import annotations

import re


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_BOILERPLATE_START = _any_of(
    r"(?:read|see|watch|listen|related|also|more|exclusive) ?(?:more|also|next|now|here|to)?\s?[:"
    r"|]",
    r"read (?:more|also|next|the full|our)\b",
    r"(?:continue reading|sign up|subscribe|log in|click|tap|scroll|swipe|download|follow us)\b",
    r"(?:watch|listen)(?: now| live| to| below|:)",
    r"(?:photo|photograph|image|picture|video|credit|caption|source|file photo"
    r"|illustration)s?\s?[:|(]",
    r"(?:updated|published|posted|last modified|first published)\b.{0,12}\d",
    r"(?:by|von|par|por) [A-Z][\w'-]+ [A-Z][\w'-]+(?: and [A-Z][\w' -]+)?[.,]?$",
    r"(?:advertisement|anzeige|publicité|publicidad|sponsored|copyright|©)",
    r"editor'?s'? note|correction:|disclaimer|about the author|the writer is|share (?:this|on)",
    r"(?:this|the following) (?:article|story|post|page|live ?blog|report)"
    r" (?:is|was|has|had|will|contains|may)\b",
    r"(?:read|look|catch|think|cast your mind) back (?:over|on|at|through|to)\b",
    r"what (?:we|you|to) (?:know|need to know|learned|expect)\b",
    r"here(?:'s| is| are) (?:a (?:summary|round-?up|recap|guide|timeline|list)|what|everything"
    r"|how|why|the latest|all|our|some|a look)\b",
    r"(?:everything|all|what|\w+ things) you need to know|(?:all )?the latest (?:on|news|from)\b",
    r"(?:the )?(?:key )?(?:maps?|charts?|graphics?|photos|pictures|images|gallery|in pictures"
    r"|in photos)\b"
    r"(?: and \w+)?(?: explaining| showing| show| of| from|:)",
    r"follow (?:our|the|all|live|along|here)\b|catch up|stay (?:up to date|tuned|informed)",
    r"(?:mehr zum thema|lesen sie|weiterlesen|hier klicken|lire aussi|lire la suite|à lire"
    r"|lea también|leer más|sigue leyendo|leggi anche)\b",
    r"(?:foto|bild|quelle|crédit|stand)\s?:",
)
_BOILERPLATE_ANYWHERE = _any_of(
    r"\b(?:getty images|ap photo|reuters/|afp/|epa-efe|shutterstock|istock|picture alliance)",
    r"\b(?:our newsletter|our app|our coverage|our live ?blog|our website|our reporters"
    r"|our readers)",
    r"\b(?:sign up|subscribe|click here|read more|continue reading|find out more"
    r"|more details here)\b",
    r"\ball rights reserved|terms (?:of|and) (?:use|conditions)|privacy policy|cookie",
    r"\bthe post .{1,200} appeared first on\b|\bin one place\b.{0,40}$|\bcome back\b.{0,30}$",
    r"\b(?:this article|this story|this post|this live ?blog) (?:was|is|has|will|originally)\b",
    r"\bthis (?:breaking news|developing) story\b|\bmore (?:to follow|soon)\b|\bcheck back\b",
    r"\b(?:the bbc|we|our \w+|reuters|cnn) (?:explains?|looks? at|takes? a look|examines?)\b",
    r"\bpictured (?:above|below|left|right|here)\b",
    r"\bsee how the day unfolded\b|\bget (?:all )?the (?:latest|important news|full story)\b",
    r"\bget in touch\b|\bgot a (?:tip|story)\b|\bwhatsapp us\b|\b(?:e-?mail|contact) us\b",
    r"\blive (?:updates|blog|coverage|stream|feed)\b|\bas it happen(?:s|ed)\b",
    r"\b(?:newsletter|podcast|liveblog|live-ticker|liveticker|live-blog)\b",
    r"\bkeeping the .{0,30} up to date\b|\byou(?:'ll| will)? need to know\b",
    r"\bif you (?:suspect|have|want|are|know|would|need|think)\b.{0,120}\b(?:call|contact|ring"
    r"|visit)\b",
    r"(?:continue|keep) reading|\[…\]|\[\.\.\.\]",
)
_ORDERS = _any_of(
    r"\b(?:ignore|disregard|forget|override|bypass) (?:all |any |of |the |these |those |your ){0,3}"
    r"(?:previous|prior|above|earlier|preceding|existing|system|safety) "
    r"(?:instruction|prompt|rule|guideline|directive|command|message|text)s?\b",
    r"\b(?:ignore|disregard|forget|override|bypass) (?:(?:all|any) (?:of )?(?:the |your )?|your )"
    r"(?:instruction|prompt|rule|guideline|directive)s?\b",
    r"\b(?:ignore|disregard|forget) (?:everything|all|anything) (?:above|before|you)\b",
    r"\b(?:system|developer|hidden) (?:prompt|message|instruction)s?\b|\bprompt injection\b",
    r"\byou are (?:now )?(?:an? |the )?(?:ai|assistant|language model|chatbot|llm|gpt|claude"
    r"|dan)\b",
    r"\bas an? (?:ai (?:language )?model|ai assistant|language model|llm)\b|\b(?:dear|attention"
    r"|note to|hey),? "
    r"(?:ai|assistant|language model|chatbot|llm|claude|chatgpt|summarizer|model)s?\b",
    r"^\W{0,3}(?:system|assistant|user|human|instruction)s?\s?:|<\|\w{0,20}\|>|\[/?inst\]|```",
    r"\b(?:respond|reply|answer|output)\s+(?:only|exactly)\s+(?:with|in|the)\b",
    r"\b(?:respond|reply|answer|output)\b.{0,20}\b(?:json|verbatim|the following (?:text|words))\b",
    r"\b(?:when|if|before) (?:you )?summari[sz](?:e|ing)\b|\binclude (?:this|the following) "
    r"(?:link|url|sentence|text)\b|\b(?:do not|don't|never) (?:mention|summari[sz]e|include"
    r"|reveal)\b"
    r".{0,40}\b(?:article|story|text|instruction|source|this)",
    r"\b(?:ignoriere|vergiss|missachte)\b.{0,40}\b(?:anweisung|anweisungen|regeln|befehle)",
    r"\b(?:ignore[zr]?|oublie[zr]?)\b.{0,40}\b(?:consignes|instructions|règles)\b",
    r"\b(?:ignora|olvida)\b.{0,40}\b(?:instrucciones|reglas|istruzioni)\b",
)
_SPAM = _any_of(
    r"!{2,}|\${2,}|\b(?:buy|order|shop|join|act|call|apply) now\b|\blimited[- ]time offer\b",
    r"\b\d{1,3} ?% off\b|\bfree (?:trial|gift|shipping|money)\b|\bpromo(?:tion)? code\b",
    r"\b(?:viagra|cialis|casino bonus|crypto giveaway|forex signals|weight loss pill)",
    r"\bdouble your (?:money|bitcoin|income)\b|\bearn \$?\d.{0,20}(?:a|per) (?:day|week|hour)\b",
    r"\bguaranteed (?:profit|returns?|income)\b|\bwork from home and earn\b",
)
_LINK = re.compile(
    r"https?:/|\bwww\.|\b[\w-]{2,40}\.(?:com|net|org|info|io|co|ru|cn|xyz|top)\b", re.I
)


def is_boilerplate(sentence: str) -> bool:
    """Tell whether a sentence serves the page and not the story."""
    plain = _straight(sentence)
    return bool(_BOILERPLATE_START.match(plain) or _BOILERPLATE_ANYWHERE.search(plain))


def is_order(text: str) -> bool:
    """Tell whether a text tells a machine what to do."""
    return bool(_ORDERS.search(_straight(text)))


def is_spam(text: str) -> bool:
    """Tell whether a text sells: cries, links, offers."""
    plain = _straight(text)
    cries = plain.count("!")
    return bool(_SPAM.search(plain)) or cries >= 3 or len(_LINK.findall(plain)) >= 2


def _straight(text: str) -> str:
    return text[:10_000].replace("\u2019", "'").replace("\u2018", "'").strip("\"'“”„«» \t\n")
