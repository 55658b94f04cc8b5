"""What articles are found by, and in which order."""

from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.domain.questions import MAX_CHARS, Unanswerable, parse_question
from sources.models import Article, ArticleWords
from sources.models import search as index
from sources.pipeline.enrich import enrich
from sources.pipeline.index import index_articles
from tests.factories import NOW, a_source, an_article

pytestmark = pytest.mark.django_db


def indexed(title: str, *paragraphs: str, **fields) -> Article:
    article = an_article(title=title, paragraphs=paragraphs, **fields)
    index_articles([(article, article.language)])
    return article


def found(text: str, *, among=("",), now=NOW, since=None):
    return ArticleWords.objects.search(
        parse_question(text),
        languages=ArticleWords.objects.languages(),
        among=among,
        now=now,
        since=since,
    )


# --- Writing ------------------------------------------------------------------------


def test_enriching_an_article_makes_it_findable():
    article = an_article(title="Old Bridge to close", state=Article.State.NEW)
    article.passages.all().delete()

    enrich([article.pk], now=NOW)

    assert found("bridges").ids == (article.pk,)


def test_a_changed_article_is_found_by_its_new_words_alone():
    article = indexed("Old Bridge to close")
    Article.objects.filter(pk=article.pk).update(
        title="Tunnel to open", version=2, state=Article.State.NEW
    )

    enrich([article.pk], now=NOW)

    assert found("tunnel").ids == (article.pk,)
    assert found("bridge").ids == ()


def test_many_articles_are_written_in_three_queries(django_assert_num_queries):
    source = a_source()
    articles = [an_article(source) for _ in range(7)]

    with django_assert_num_queries(3):
        index_articles([(article, "en") for article in articles])

    assert ArticleWords.objects.count() == 7


def test_a_text_of_any_length_is_indexed_up_to_a_bound():
    article = an_article(title="Long")
    article.text = " ".join(f"word{number}" for number in range(100_000))

    index_articles([(article, "en")])

    assert found("word1").ids == (article.pk,)
    assert found("word99999").ids == ()


@pytest.mark.parametrize(
    "text",
    ["O'Brien \\ 'quoted' \\' ", "a:1A,2B & | ! <->", "𝕳𝖊𝖑𝖑𝖔 İstanbul ﬃ", "हिन्दी समाचार", "''"],
)
def test_odd_texts_are_stored_and_found_by_their_own_words(text):
    article = indexed("Odd", text)

    for word in text.split():
        try:
            question = parse_question(word)
        except Unanswerable:
            continue
        assert not question.rough(["en"]) or found(word).ids == (article.pk,)


def test_an_article_that_is_deleted_is_found_no_more():
    indexed("Old Bridge to close").delete()

    assert found("bridge").ids == ()


# --- Asking -------------------------------------------------------------------------


@pytest.fixture
def press() -> dict[str, Article]:
    return {
        "bridge": indexed("Old Bridge to close", "The stone bridge is closed for repairs."),
        "tunnel": indexed("New tunnel", "The old stone of the tunnel; no bridge.", hours_ago=4),
        "german": indexed("Alte Brücke gesperrt", "Die Steine bröckeln.", language="de"),
        "japanese": indexed("東京都知事が辞任", "知事は会見した。", language="ja"),
        "unknown": indexed("Mostek zamknięty", "Kamienny mostek.", language=""),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("bridges", {"bridge", "tunnel"}, id="any form"),
        pytest.param("CLOSING", {"bridge"}, id="any case"),
        pytest.param("old stone", {"bridge", "tunnel"}, id="all words"),
        pytest.param('"old stone"', {"tunnel"}, id="phrase"),
        pytest.param('"stone bridge" closed', {"bridge"}, id="phrase and word"),
        pytest.param("bridge -tunnel", {"bridge"}, id="minus"),
        pytest.param('stone -"old stone"', {"bridge"}, id="minus phrase"),
        pytest.param("repairs or tunnel", {"bridge", "tunnel"}, id="or"),
        pytest.param("brucke", {"german"}, id="without the umlaut"),
        pytest.param("stein or brücken", {"german"}, id="stems of another language"),
        pytest.param("都知事", {"japanese"}, id="an unspaced script"),
        pytest.param("知事都", set(), id="its letters in another order"),
        pytest.param("mostek", {"unknown"}, id="a language we do not know"),
        pytest.param("die brücke", {"german"}, id="stop words of one language"),
        pytest.param("airport", set(), id="nothing"),
        pytest.param("the", set(), id="a stop word"),
    ],
)
def test_what_is_found(press, text, expected):
    names = {article.pk: name for name, article in press.items()}

    hits = found(text)

    assert {names[pk] for pk in hits.ids} == expected
    assert hits.total == len(expected)


def test_a_title_counts_for_more_than_a_text_and_a_new_article_for_more_than_an_old_one():
    old = indexed("Bridge news", "Something else.", hours_ago=24 * 90)
    text = indexed("Other news", "It is about a bridge.", hours_ago=2)
    title = indexed("Bridge news", "Something else.", hours_ago=2)

    assert found("bridge").ids[0] == title.pk
    assert set(found("bridge").ids) == {title.pk, text.pk, old.pk}
    assert found("bridge", since=NOW - timedelta(days=7)).ids == (title.pk, text.pk)


def test_only_the_newsrooms_that_are_named_are_searched():
    article = indexed("Old Bridge to close", source=a_source(newsroom="folder"))

    assert found("bridge").ids == ()
    assert found("bridge", among=("", "folder")).ids == (article.pk,)


def test_of_very_many_matches_only_the_newest_are_ranked(monkeypatch):
    monkeypatch.setattr(index, "MAX_CANDIDATES", 2)
    articles = [indexed("Stone bridge", hours_ago=hours) for hours in (1, 2, 3)]

    word, phrase = found("bridge"), found('"stone bridge"')

    assert set(word.ids) == {articles[0].pk, articles[1].pk}
    assert (word.total, word.is_capped, word.is_sampled) == (3, True, False)
    assert (phrase.total, phrase.is_capped, phrase.is_sampled) == (2, True, True)


def test_a_search_that_takes_too_long_is_stopped(monkeypatch):
    indexed("Old Bridge to close")
    monkeypatch.setattr(index, "PATIENCE", timedelta(milliseconds=40))
    monkeypatch.setattr(index, "_SEARCH", "SELECT pg_sleep(1), 1, '{{}}'::int[] FROM {table}")

    with pytest.raises(index.TooSlow):
        found("bridge")


def test_the_settings_of_a_search_end_with_it(transactional_db):
    found_before = _setting("statement_timeout")

    ArticleWords.objects.search(parse_question("bridge"), languages=["en"], among=[""], now=NOW)

    assert _setting("statement_timeout") == found_before
    assert _setting("enable_seqscan") == "on"


def _setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return cursor.fetchone()[0]


def test_languages_are_those_of_the_texts(press):
    assert ArticleWords.objects.languages() == ["", "de", "en"]


def test_the_index_answers_without_reading_every_row(press):
    explained = mock.patch.object(index, "_SEARCH", f"EXPLAIN {index._SEARCH}")
    with explained, mock.patch.object(index.WordsQuerySet, "_row", _plan):
        plan = found("bridge").ids[0]

    assert "articlewords_vector" in plan


def _plan(self, sql, values):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(sql, values)
        return 0, 0, ["\n".join(line for (line,) in cursor.fetchall())]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.text(
        st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)), max_size=MAX_CHARS
    )
)
def test_no_question_is_an_error_of_the_database(text):
    try:
        question = parse_question(text)
    except Unanswerable:
        return
    languages = ["", "ar", "de", "en", "hi", "tr"]

    hits = ArticleWords.objects.search(question, languages=languages, among=[""], now=NOW)

    assert hits.total == 0
