"""Which agency a text credits: only where credits stand."""

import time

import pytest

from reports.domain.agencies import AGENCIES, MAX_CREDIT, agency_of

BODY = "The harbor bridge is closed until Friday, the council said."


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        pytest.param("LONDON (Reuters) - Shares rose on Tuesday.", "Reuters", id="Reuters"),
        pytest.param("(Reuters) - Shares rose on Tuesday.", "Reuters", id="without a place"),
        pytest.param("ST. PETERSBURG, Fla., June 9, 2026 (AP) — A ferry", "AP", id="long place"),
        pytest.param("SEOUL (AP) North Korea said", "AP", id="no dash"),
        pytest.param("(Bloomberg) -- Shares rose", "Bloomberg", id="Bloomberg"),
        pytest.param("Berlin (dpa/lno) - Die Polizei", "dpa", id="with a desk"),
        pytest.param("ZÜRICH (awp/sda) - Die Bank", "Keystone-SDA", id="the second is known"),
        pytest.param("Wien (APA/dpa) – Die Regierung", "APA", id="of two the first"),
        pytest.param("Paris (AFP) – Un avion", "AFP", id="French"),
        pytest.param("AFP — Un avion s’est posé", "AFP", id="nothing before it"),
        pytest.param("Madrid, 9 jun (EFE).- El Gobierno", "EFE", id="Spanish"),
        pytest.param("MADRID, 9 Jun. (EUROPA PRESS) - El", "Europa Press", id="two words"),
        pytest.param("(ANSA) - ROMA, 09 GIU - Il governo", "ANSA", id="the place follows"),
        pytest.param("Roma, 9 giu. (askanews) - Il", "askanews", id="Italian"),
        pytest.param("Lisboa, 09 jun 2026 (Lusa) – O governo", "Lusa", id="Portuguese"),
        pytest.param("МОСКВА, 9 июня. /ТАСС/. Президент", "TASS", id="between strokes"),
        pytest.param("МОСКВА, 9 июн — РИА Новости. Мост", "RIA Novosti", id="between marks"),
        pytest.param("Accra, June 9, GNA – The Minister", "GNA", id="Ghana"),
        pytest.param("Tehran, IRNA – Iran opens", "IRNA", id="Iran"),
        pytest.param("New Delhi [India], June 9 (ANI): The", "ANI", id="a country in brackets"),
        pytest.param("New Delhi, Jun 9 (PTI) The court", "PTI", id="India"),
        pytest.param("BEIJING, June 9 (Xinhua) -- China", "Xinhua", id="Xinhua"),
        pytest.param("新华社北京6月9日电（记者）国家", "Xinhua", id="Chinese"),
        pytest.param("【ワシントン共同】米政府は", "Kyodo", id="Japanese"),
        pytest.param("(서울=연합뉴스) 기자 = 정부는", "Yonhap", id="Korean"),
        pytest.param("القاهرة (رويترز) - قال", "Reuters", id="Arabic"),
        pytest.param("By JANE DOE, Associated Press\nHARBOR CITY — It", "AP", id="byline in text"),
        pytest.param("Reuters\n\nShares rose.", "Reuters", id="a line of its own"),
    ],
)
def test_a_dateline_names_the_agency(beginning, expected):
    assert agency_of("", f"{beginning}\n\n{BODY}", "") == expected


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        pytest.param("\n\n© 2026 AFP", "AFP", id="copyright"),
        pytest.param("\n\n© Agence France-Presse", "AFP", id="its whole name"),
        pytest.param(
            "\nCopyright 2026 The Associated Press. All rights reserved. This material may not be",
            "AP",
            id="rights",
        ),
        pytest.param("\n\n© dpa-infocom, dpa:260609-99-123/2", "dpa", id="with a number"),
        pytest.param(" – Reuters", "Reuters", id="after a dash"),
        pytest.param("\n\n—AFP", "AFP", id="a line of its own"),
        pytest.param(" (PNA)", "PNA", id="in brackets"),
        pytest.param(" /TASS/", "TASS", id="between strokes"),
        pytest.param(" AFP", "AFP", id="behind the last sentence"),
        pytest.param("\n(With inputs from PTI)", "PTI", id="inputs"),
        pytest.param("\nMit Material von dpa", "dpa", id="German"),
        pytest.param("\n(avec AFP)", "AFP", id="French"),
        pytest.param("\nSource: Reuters", "Reuters", id="source"),
        pytest.param("\n(AFP/dpa)", "AFP", id="of two the first"),
        pytest.param(
            "\n\nThis report by The Canadian Press was first published June 9, 2026.",
            "The Canadian Press",
            id="Canada",
        ),
    ],
)
def test_the_last_lines_name_the_agency(ending, expected):
    assert agency_of("", BODY + ending, "") == expected


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        pytest.param("Associated Press", "AP", id="alone"),
        pytest.param("The Associated Press", "AP", id="with an article"),
        pytest.param("Reuters Staff", "Reuters", id="staff"),
        pytest.param("Jane Doe, Associated Press", "AP", id="after a name"),
        pytest.param("By JANE DOE and John Roe | The Associated Press", "AP", id="two names"),
        pytest.param("AFP-JIJI", "AFP", id="as Japan has it"),
        pytest.param("jane.doe@ap.org (Jane Doe)", "AP", id="address"),
        pytest.param("Efe Kaya", "", id="a first name"),
        pytest.param("Jane Doe", "", id="a person"),
        pytest.param("jane@reuters.com.example", "", id="another host"),
        pytest.param("", "", id="nobody"),
    ],
)
def test_an_author_may_be_an_agency(author, expected):
    assert agency_of("", BODY, author) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        pytest.param("Quake kills three (AFP)", "AFP", id="in brackets"),
        pytest.param("Minister resigns | Reuters", "Reuters", id="after a bar"),
        pytest.param("Minister resigns – Reuters", "", id="a dash may mean: says Reuters"),
        pytest.param("Reuters: minister to resign", "", id="so may a colon"),
        pytest.param("What the AP is for", "", id="named within"),
    ],
)
def test_a_title_names_an_agency_at_its_end(title, expected):
    assert agency_of(title, BODY, "") == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("“I ran,” she told Reuters. Others stayed.", id="told Reuters"),
        pytest.param(f"{BODY} He told AFP.", id="told AFP at the end"),
        pytest.param("The minister, the AP reported, went home.", id="reported"),
        pytest.param(f"{BODY}\n\nThe Associated Press contributed to this report.", id="helped"),
        pytest.param("The Associated Press (AP) — founded in 1846 — said", id="spelled out"),
        pytest.param("Palestinian Authority (PA) President Doe said", id="another body"),
        pytest.param("Andhra Pradesh (AP) — The rain", id="a state"),
        pytest.param(f"{BODY} The town is quiet (AP Photo/Jane Doe)", id="a photo"),
        pytest.param(f"{BODY}\n\nPhoto: AFP via Getty Images", id="a photo's line"),
        pytest.param(f"{BODY}\n\n© AFP via Getty Images", id="a photo's copyright"),
        pytest.param("Reuters: minister resigns. He said", id="a colon"),
        pytest.param("Paris (AFP) said on Tuesday that", id="the sentence goes on"),
        pytest.param(f"{BODY} The bond was graded (AA) again", id="a grade"),
        pytest.param(f"{BODY} They met at St. PA", id="an abbreviation"),
        pytest.param(f"{BODY} She joined Reuters", id="no end of a sentence"),
        pytest.param("x" * 5_000 + " (Reuters) - " + "x" * 5_000, id="in the middle"),
        pytest.param("", id="empty"),
        pytest.param("()[]//©—– . \u202e\ud800", id="odd characters"),
    ],
)
def test_a_mention_is_no_credit(text):
    assert agency_of("", text, "") == ""


@pytest.mark.parametrize(
    "evil",
    ["(", "— ", "© ", "by ", "a", "(AP", "\n", "/ ", "Copyright 2026 ", "with inputs ", ", AFP "],
)
def test_hostile_texts_take_no_time(evil):
    text = evil * 200_000
    began = time.process_time()

    agency_of(text, text, text)

    assert time.process_time() - began < 3


def test_every_agency_has_a_short_name_and_forms_of_its_own():
    forms = [form for some in AGENCIES.values() for form in some.split("|")]

    assert max(map(len, AGENCIES)) <= 40
    assert max(map(len, forms)) <= MAX_CREDIT
    assert len(forms) == len(set(forms))
