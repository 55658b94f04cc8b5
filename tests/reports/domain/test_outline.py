"""The outline selects; it has no word of its own."""

from reports.domain.analysis import Kind
from reports.domain.outline import ClaimText, Outline, SectionText, Selected, compose


def section(headline="A headline", lead="A lead of five words.", *more):
    claims = []
    if headline:
        claims.append(ClaimText(Kind.HEADLINE, headline))
    if lead:
        claims.append(ClaimText(Kind.LEAD, lead))
    return SectionText((*claims, *(ClaimText(Kind.DETAIL, text) for text in more)))


def test_the_title_is_the_first_section_s_headline():
    assert compose([section(), section()]).title == Selected(section=0, claim=0)


def test_a_lead_is_the_title_where_there_is_no_headline():
    assert compose([section(headline="")]).title == Selected(section=0, claim=0)


def test_the_box_takes_three_leads_from_the_top():
    outline = compose([section() for _ in range(5)])

    assert outline.box == (Selected(0, 1), Selected(1, 1), Selected(2, 1))


def test_a_long_lead_stands_back_and_the_order_stays():
    sections = [section(), section(lead="word " * 60), section(), section(), section()]

    assert [selected.section for selected in compose(sections).box] == [0, 2, 3]


def test_a_long_lead_serves_where_there_are_too_few():
    sections = [section(lead="word " * 60), section()]

    assert [selected.section for selected in compose(sections).box] == [0, 1]


def test_a_section_without_a_lead_is_passed_over():
    sections = [section(lead=""), section(), section()]

    assert [selected.section for selected in compose(sections).box] == [1, 2]


def test_reading_takes_a_minute_for_230_words_and_never_less_than_one():
    short, long = compose([section()]), compose([section("Head", "word " * 689)])

    assert (short.word_count, short.reading_minutes) == (7, 1)
    assert (long.word_count, long.reading_minutes) == (690, 3)


def test_a_lead_that_repeats_its_headline_is_read_once():
    assert compose([section("Four words stand here", "Four words stand here")]).word_count == 4


def test_an_empty_report_has_an_empty_outline():
    assert compose([]) == Outline(title=None, box=(), word_count=0, reading_minutes=1)
