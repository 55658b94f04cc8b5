"""Words that many events share, so that two articles are not one story for having them in common.

Rarity is learned from the open articles; in a small newsroom, or on a quiet morning, "police" and
"London" look as rare as the name of a village. This reviewed list says what any month of news would
teach. A listed word still counts, only less. English for now; other languages learn from their
articles alone.
"""

from __future__ import annotations

from functools import lru_cache

from reports.domain.words import content_stems

_ENGLISH = """
    afghanistan africa african america american americans argentina asia asian australia australian
    australians austria bangladesh beijing belgium berlin boston brazil brazilian britain british
    brussels california californian canada canadian chicago chile china chinese colombia congo cuba
    denmark dublin dutch egypt egyptian england english ethiopia eu europe european finland florida
    france french georgia german germany greece greek hong kong hungary india indian indians
    indonesia indonesian iran iranian iraq iraqi ireland irish islamabad israel israeli israelis
    italian italy jakarta japan japanese jerusalem kenya kingdom korea korean kuwait lebanon libya
    london los angeles la madrid malaysia manila melbourne mexican mexico moscow mumbai netherlands
    nigeria north northern norway nz zealand zealanders ontario pakistan palestinian paris peru
    philippine philippines poland polish portugal qatar queensland romania rome russia russian
    saudi scotland scottish seoul singapore south southern spain spanish sweden swedish swiss
    switzerland sydney syria syrian taiwan tehran texas thailand tokyo toronto turkey turkish
    uganda uk ukraine ukrainian un united us usa vietnam wales washington west western york east
    eastern delhi francisco san calif US WHO

    area bay borough capital city coast community country county district downtown home house
    island local nation national nationwide neighborhood park place port province region regional
    road rural street state states suburb town village world worldwide global international

    ambassador board boss chairman chief coach commission commissioner committee company congress
    council court director executive federal firm government governor head judge justice king
    lawmaker leader lord mayor member minister ministry mp office officer official parliament party
    police pm president prime prince princess prosecutor queen secretary senate senator spokesman
    spokesperson spokeswoman staff team union white

    baby boy child children couple daughter driver expert family father friend girl husband kid
    lady life love man men mother mum parent patient people person resident son student teen
    teenager user victim voter wife woman women worker young youth

    january february march april june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday am pm afternoon century date day days decade
    evening hour last minute month morning next night time today tomorrow tonight week weekend year
    yesterday annual

    analysis article blog breaking briefing column comment editorial exclusive explained explainer
    feature gallery guide headline interview journal latest letter list live magazine media million
    billion news newspaper opinion photo picture podcast post press quiz read report reporter
    review reveal stories story times top tv update video view watch website

    accident accused act action admit agree aid amid announce appeal approve arrest ask attack ban
    battle begin believe best better big billion bill blame block boost break bring build business
    buy call campaign care case cause center centre chance change charge check claim close come
    concern confirm control cost could crash crime crisis cut data dead deal death debate decision
    defend demand deny die drop drug early economic economy election emergency end energy event
    evidence face fact fail fall fear fight file final financial find fire first follow food force
    former found free full fund funding game get give go good group grow growth gun health help hit
    hold hope hospital human hurt impact include increase industry injure injured investigation
    issue job join jump keep kill killed know launch law lawsuit lead leave legal level lift likely
    long look lose loss lost lot low major make market measure medical meet meeting military miss
    money move murder need new number offer old open order outbreak pay percent plan play player
    policy political politics power price program project protect protest prove public push put
    question raise rate reach really record release remain reopen report request require research
    respond response restriction result return right rise risk rule run safe safety sale save say
    scientist season second security see seek sell send serious service set shoot shooting show
    shut sign social source speak special spending spread start statement stay step stock stop
    strike strong study suffer suggest support surge suspect system take talk target tax tell test
    testing thing think threat threaten three trade train travel treatment trial try turn two
    unveil urge use victory violence visit vote wait walk want war warn warning water way weather
    win winner work worry worst

    airline airport alert contact disease drug education earthquake fever flight geological
    infection inmate magnitude mask muslim prison quake ramadan school sea survey teacher trace
    tracing university

    coronavirus covid covid-19 lockdown pandemic quarantine vaccine virus
"""


@lru_cache(maxsize=1)
def common_terms() -> frozenset[str]:
    """Return the stems of the listed words."""
    return frozenset(content_stems(_ENGLISH, "en"))
