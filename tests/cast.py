"""The invented press of the tests: twelve events, as the outlets of a small region tell them.

Everybody and everything here is made up. Values only: `tests.factories` makes rows of them.
"""

from __future__ import annotations

from dataclasses import dataclass

COURIER = "Valmere Courier"
LEDGER = "The Evening Ledger"
RADIO = "Radio Valmere"
WIRE = "Coast Wire"
POST = "North Bay Post"
ECHO = "Island Echo"
BLATT = "Hafenblatt"

OUTLETS = {
    COURIER: ("valmere-courier.example", "en"),
    LEDGER: ("evening-ledger.example", "en-GB"),
    RADIO: ("radio-valmere.example", "en"),
    WIRE: ("coastwire.example", "en"),
    POST: ("northbaypost.example", "en-US"),
    ECHO: ("island-echo.example", "en"),
    BLATT: ("hafenblatt.example", "de"),
}
"""Name to registrable domain and language."""


@dataclass(frozen=True)
class Telling:
    """An event as one outlet tells it."""

    outlet: str
    hours_ago: float
    title: str
    paragraphs: tuple[str, ...]
    copies: tuple[str, ...] = ()
    """Outlets that carried the same text a little later."""


@dataclass(frozen=True)
class Sentence:
    """A claim to make: verbatim when it has no text of its own."""

    kind: str
    quotes: tuple[str, ...]
    text: str = ""
    in_summary: bool = False


@dataclass(frozen=True)
class Event:
    """One event: who told it, and what a report says of it."""

    tellings: tuple[Telling, ...]
    sentences: tuple[Sentence, ...]
    status: str = "new"


def said(kind: str, *quotes: str, text: str = "", in_summary: bool = False) -> Sentence:
    """Return a sentence of `kind` that stands on `quotes`."""
    return Sentence(kind=kind, quotes=quotes, text=text, in_summary=in_summary)


EVENTS = (
    Event(
        status="developing",
        tellings=(
            Telling(
                COURIER,
                9.4,
                "Old Bridge to close for eleven weeks after cracks are found in two piers",
                (
                    "The Old Bridge in Valmere will close to all traffic on Friday evening, after "
                    "divers found cracks in two of its seven piers. The city engineer, Rosalind "
                    "Achterberg, told the council on Monday night that the repair would take "
                    "eleven weeks and cost 4.2 million crowns.",
                    "About 23,000 people cross the bridge every day. Buses will be sent over the "
                    "Mill Bridge, two kilometers upstream, and a free ferry for walkers and "
                    "cyclists will run every ten minutes from six in the morning until midnight.",
                    "“Nobody is in danger today, and I want it to stay that way,” Achterberg said. "
                    "“A bridge that is 146 years old tells you when it needs a rest.”",
                ),
            ),
            Telling(
                LEDGER,
                8.1,
                "Eleven weeks without the Old Bridge: traders fear for the summer",
                (
                    "Shopkeepers on the east bank have asked the city for compensation. The "
                    "traders’ association, which speaks for 140 shops, expects to lose a third of "
                    "its summer trade while the Old Bridge is closed.",
                    "The repair is put at 5.1 million crowns in a draft that the Ledger has seen. "
                    "The mayor’s office would not say which figure was right.",
                ),
            ),
            Telling(
                RADIO,
                7.2,
                "Council votes 31 to 12 to close the Old Bridge",
                (
                    "After four hours of debate the council voted 31 to 12 to close the Old Bridge "
                    "from Friday. It is not yet known who will pay for the ferry.",
                ),
                copies=(POST, ECHO),
            ),
            Telling(
                BLATT,
                5.5,
                "Alte Brücke wird für elf Wochen gesperrt",
                (
                    "Die Alte Brücke wird ab Freitag für elf Wochen gesperrt. Lastwagen müssen den "
                    "Umweg über die Autobahn nehmen.",
                ),
            ),
        ),
        sentences=(
            said(
                "headline",
                "Old Bridge to close for eleven weeks after cracks are found in two piers",
            ),
            said(
                "lead",
                "The Old Bridge in Valmere will close to all traffic on Friday evening, after "
                "divers found cracks in two of its seven piers.",
                in_summary=True,
            ),
            said("lead", "About 23,000 people cross the bridge every day."),
            said(
                "detail",
                "Buses will be sent over the Mill Bridge, two kilometers upstream, and a free "
                "ferry for walkers and cyclists will run every ten minutes from six in the "
                "morning until midnight.",
            ),
            said(
                "detail",
                "“Nobody is in danger today, and I want it to stay that way,” Achterberg said.",
            ),
            said("detail", "Lastwagen müssen den Umweg über die Autobahn nehmen."),
            said(
                "changed",
                "After four hours of debate the council voted 31 to 12 to close the Old Bridge "
                "from Friday.",
            ),
            said(
                "differs",
                "the repair would take eleven weeks and cost 4.2 million crowns",
                "The repair is put at 5.1 million crowns in a draft that the Ledger has seen.",
                text="“the repair would take eleven weeks and cost 4.2 million crowns” — "
                "“The repair is put at 5.1 million crowns in a draft that the Ledger has seen.”",
            ),
            said("unknown", "It is not yet known who will pay for the ferry."),
            said(
                "why",
                "The traders’ association, which speaks for 140 shops, expects to lose a third of "
                "its summer trade while the Old Bridge is closed.",
                "About 23,000 people cross the bridge every day.",
                text="About 23,000 people cross the bridge every day, which matters for the summer "
                "trade while the Old Bridge is closed.",
            ),
        ),
    ),
    Event(
        tellings=(
            Telling(
                WIRE,
                14.0,
                "Lifeboat crew brings in nine sailors from dismasted yacht off Harrow Point",
                (
                    "Nine sailors were brought ashore on Monday afternoon after their yacht lost "
                    "her mast in a squall eleven miles off Harrow Point. None of them was hurt.",
                    "The Maritime Agency received the distress call at 13:52. The lifeboat from "
                    "North Bay reached the yacht, the Marigold, fifty minutes later.",
                ),
                copies=(COURIER, RADIO, POST),
            ),
            Telling(
                ECHO,
                11.5,
                "“The wave came from nowhere”: skipper tells of the hour without a mast",
                (
                    "Imke Sollander, who has sailed for forty years, said she had never seen a "
                    "squall come so fast. “We cut the rigging with a bread knife,” she said.",
                    "The Marigold was found drifting at dawn and is being towed to Skerry.",
                ),
            ),
        ),
        sentences=(
            said(
                "headline",
                "Lifeboat crew brings in nine sailors from dismasted yacht off Harrow Point",
            ),
            said(
                "lead",
                "Nine sailors were brought ashore on Monday afternoon after their yacht lost her "
                "mast in a squall eleven miles off Harrow Point.",
                in_summary=True,
            ),
            said("lead", "None of them was hurt."),
            said(
                "detail",
                "The lifeboat from North Bay reached the yacht, the Marigold, fifty minutes later.",
            ),
            said("detail", "“We cut the rigging with a bread knife,” she said."),
            said(
                "changed",
                "The Marigold was found drifting at dawn and is being towed to Skerry.",
            ),
        ),
    ),
    Event(
        tellings=(
            Telling(
                POST,
                6.0,
                "Teachers and province agree on pay, strike of Thursday is called off",
                (
                    "The Teachers’ Union and the province reached an agreement at two o’clock this "
                    "morning, and Thursday’s strike is called off. Pay will rise by 3.4 percent "
                    "in September and by a further 2 percent in March.",
                    "The union’s 8,600 members will vote on the agreement by the end of the month.",
                ),
            ),
        ),
        sentences=(
            said(
                "headline", "Teachers and province agree on pay, strike of Thursday is called off"
            ),
            said(
                "lead",
                "The Teachers’ Union and the province reached an agreement at two o’clock this "
                "morning, and Thursday’s strike is called off.",
                in_summary=True,
            ),
            said(
                "detail",
                "Pay will rise by 3.4 percent in September and by a further 2 percent in March.",
            ),
            said(
                "unknown",
                "The union’s 8,600 members will vote on the agreement by the end of the month.",
            ),
        ),
    ),
    Event(
        status="unchanged",
        tellings=(
            Telling(
                LEDGER,
                20.0,
                "Lake Orrin is eleven centimeters lower than ever measured in June",
                (
                    "The level of Lake Orrin stood at 212.38 meters on Monday, eleven centimeters "
                    "below the lowest reading ever taken in June. Measurements began in 1904.",
                    "The water board has asked farmers to irrigate only at night.",
                ),
            ),
            Telling(
                BLATT,
                16.2,
                "Orrinsee so niedrig wie nie in einem Juni",
                (
                    "Der Pegel des Orrinsees ist so niedrig wie nie in einem Juni. Die Fähre nach "
                    "Sankt Ulrich fährt nur noch mit halber Ladung.",
                ),
            ),
        ),
        sentences=(
            said("headline", "Lake Orrin is eleven centimeters lower than ever measured in June"),
            said(
                "lead",
                "The level of Lake Orrin stood at 212.38 meters on Monday, eleven centimeters "
                "below the lowest reading ever taken in June.",
            ),
            said("detail", "The water board has asked farmers to irrigate only at night."),
            said("detail", "Die Fähre nach Sankt Ulrich fährt nur noch mit halber Ladung."),
        ),
    ),
    Event(
        tellings=(
            Telling(
                COURIER,
                5.0,
                "Valmere Yards wins order for four hydrogen ferries",
                (
                    "Valmere Yards will build four ferries that run on hydrogen for the Corvane "
                    "line, its largest order in twelve years. The first is to sail in the spring "
                    "of 2029.",
                    "The order is worth 310 million crowns and secures 640 jobs, the yard said.",
                ),
            ),
            Telling(
                RADIO,
                4.1,
                "Four hydrogen ferries for the Corvane line",
                (
                    "The works council welcomed the order but asked for 90 apprenticeships. The "
                    "yard has promised 60.",
                ),
            ),
        ),
        sentences=(
            said("headline", "Valmere Yards wins order for four hydrogen ferries"),
            said(
                "lead",
                "Valmere Yards will build four ferries that run on hydrogen for the Corvane line, "
                "its largest order in twelve years.",
            ),
            said("detail", "The first is to sail in the spring of 2029."),
            said(
                "detail",
                "The order is worth 310 million crowns and secures 640 jobs, the yard said.",
            ),
            said(
                "detail",
                "The works council welcomed the order but asked for 90 apprenticeships.",
            ),
            said("detail", "The yard has promised 60."),
        ),
    ),
    Event(
        tellings=(
            Telling(
                ECHO,
                18.5,
                "Night train to Saint Brandan returns after nineteen years",
                (
                    "The night train between Valmere and Saint Brandan will run again from the "
                    "thirteenth of December, nineteen years after the last one. It will leave "
                    "three times a week.",
                    "A place in a sleeping car will cost 79 crowns.",
                ),
                copies=(LEDGER,),
            ),
        ),
        sentences=(
            said("headline", "Night train to Saint Brandan returns after nineteen years"),
            said(
                "lead",
                "The night train between Valmere and Saint Brandan will run again from the "
                "thirteenth of December, nineteen years after the last one.",
            ),
            said("detail", "It will leave three times a week."),
            said("detail", "A place in a sleeping car will cost 79 crowns."),
        ),
    ),
    Event(
        tellings=(
            Telling(
                WIRE,
                12.3,
                "University Hospital opens the region’s first burns unit",
                (
                    "The University Hospital has opened a burns unit with eight beds. Until now "
                    "patients had to be flown 400 kilometers to the capital.",
                ),
                copies=(COURIER, POST),
            ),
            Telling(
                LEDGER,
                10.8,
                "Eight beds, but not enough nurses",
                (
                    "Only five of the eight beds can be used at first, because the hospital has "
                    "not found enough nurses.",
                ),
            ),
        ),
        sentences=(
            said("headline", "University Hospital opens the region’s first burns unit"),
            said("lead", "The University Hospital has opened a burns unit with eight beds."),
            said(
                "detail",
                "Until now patients had to be flown 400 kilometers to the capital.",
            ),
            said(
                "detail",
                "Only five of the eight beds can be used at first, because the hospital has not "
                "found enough nurses.",
            ),
        ),
    ),
    Event(
        tellings=(
            Telling(
                LEDGER,
                13.7,
                "Court rules that the shore path must stay open",
                (
                    "The Provincial Court has ruled that the owners of three villas may not fence "
                    "off the shore path at Lindholm. The path has been public since 1871, the "
                    "judges said.",
                    "The owners’ lawyer said he would appeal.",
                ),
            ),
            Telling(
                POST,
                12.9,
                "Shore path at Lindholm stays open to everybody",
                (
                    "The ruling ends a quarrel of six years. Walkers’ clubs from the whole "
                    "province had paid for the case.",
                ),
            ),
        ),
        sentences=(
            said("headline", "Court rules that the shore path must stay open"),
            said(
                "lead",
                "The Provincial Court has ruled that the owners of three villas may not fence off "
                "the shore path at Lindholm.",
            ),
            said("detail", "The path has been public since 1871, the judges said."),
            said("detail", "The ruling ends a quarrel of six years."),
            said("unknown", "The owners’ lawyer said he would appeal."),
        ),
    ),
    Event(
        status="developing",
        tellings=(
            Telling(
                RADIO,
                15.1,
                "Fire at the flour mills is out, cause still open",
                (
                    "The fire at the flour mills in East Quay was put out at 04:20 after burning "
                    "for nineteen hours. Firefighters from six towns took part.",
                    "The cause is not known. The police have sealed the site.",
                ),
                copies=(ECHO,),
            ),
        ),
        sentences=(
            said("headline", "Fire at the flour mills is out, cause still open"),
            said(
                "lead",
                "The fire at the flour mills in East Quay was put out at 04:20 after burning for "
                "nineteen hours.",
            ),
            said("detail", "Firefighters from six towns took part."),
            said("unknown", "The cause is not known."),
        ),
    ),
    Event(
        tellings=(
            Telling(
                POST,
                22.4,
                "Amateur finds a comet with a telescope made from a drainpipe",
                (
                    "A retired plumber from North Bay has discovered a comet. The Tallis "
                    "Observatory confirmed the find on Monday; the comet will bear his name.",
                    "Edvard Kray, 71, built his telescope from a drainpipe and a mirror that he "
                    "ground himself.",
                ),
            ),
            Telling(
                BLATT,
                19.0,
                "Rentner entdeckt Kometen",
                (
                    "Ein Rentner aus North Bay hat mit einem Fernrohr Marke Eigenbau einen Kometen "
                    "entdeckt.",
                ),
            ),
        ),
        sentences=(
            said("headline", "Amateur finds a comet with a telescope made from a drainpipe"),
            said("lead", "A retired plumber from North Bay has discovered a comet."),
            said(
                "detail",
                "Edvard Kray, 71, built his telescope from a drainpipe and a mirror that he "
                "ground himself.",
            ),
        ),
    ),
    Event(
        tellings=(
            Telling(
                WIRE,
                8.8,
                "Herring quota cut by a fifth",
                (
                    "The Fishery Council has cut next season’s herring quota by a fifth, to 96,000 "
                    "tonnes. Scientists had asked for a cut by a third.",
                ),
                copies=(COURIER, ECHO, RADIO, POST),
            ),
        ),
        sentences=(
            said("headline", "Herring quota cut by a fifth"),
            said(
                "lead",
                "The Fishery Council has cut next season’s herring quota by a fifth, to 96,000 "
                "tonnes.",
            ),
            said("detail", "Scientists had asked for a cut by a third."),
        ),
    ),
    Event(
        tellings=(
            Telling(
                COURIER,
                17.6,
                "Philharmonic names Oona Vestergaard as its first female conductor",
                (
                    "The Valmere Philharmonic has chosen Oona Vestergaard as its chief conductor "
                    "from next autumn. She is the first woman to lead the orchestra in its 118 "
                    "years.",
                ),
            ),
            Telling(
                LEDGER,
                15.9,
                "Vestergaard to lead the Philharmonic",
                (
                    "The musicians elected her by 71 votes to 14. Her first concert will be given "
                    "in the fish market hall, because the concert hall is being repaired.",
                ),
            ),
        ),
        sentences=(
            said("headline", "Philharmonic names Oona Vestergaard as its first female conductor"),
            said(
                "lead",
                "The Valmere Philharmonic has chosen Oona Vestergaard as its chief conductor from "
                "next autumn.",
            ),
            said("detail", "The musicians elected her by 71 votes to 14."),
            said(
                "detail",
                "Her first concert will be given in the fish market hall, because the concert "
                "hall is being repaired.",
            ),
        ),
    ),
)
