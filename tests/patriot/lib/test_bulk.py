from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from patriot.lib.bulk import copy_new, copy_rows, update_rows
from sources.domain.lexemes import packed_vector_of_article, vector_of_article
from sources.models import Article, ArticleWords, Passage, Source
from tests.factories import NOW, a_source, an_article

pytestmark = pytest.mark.django_db

HOSTILE = [
    pytest.param("", id="empty"),
    pytest.param("back\\slash \\N \\. \\x41 \\", id="backslashes"),
    pytest.param("\\N", id="what the text form of COPY means by NULL"),
    pytest.param("\\.", id="what the text form of COPY ends with"),
    pytest.param("tab\there\nline\r\nend\x0b\x0c", id="white space"),
    pytest.param("'; DROP TABLE sources_article; --", id="quotation marks"),
    pytest.param('{"a": [1, null]} {NULL,"x"} %s %(a)s $1', id="other languages"),
    pytest.param("👩‍👩‍👧‍👦 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \U0010fffd", id="beyond the BMP"),
    pytest.param("مرحبا بالعالم \u202e שלום", id="right to left"),
    pytest.param("ส" + "\u0e31" * 40, id="marks"),
    pytest.param("very long " * 200_000, id="very long"),
]

COLUMNS = (
    "source_id",
    "publisher_id",
    "identity",
    "title",
    "text",
    "published_at",
    "first_seen_at",
    "updated_at",
    "content_hash",
    "not_before",
)

WORDS_COLUMNS = ("article_id", "newsroom", "language", "published_at", "vector")


def a_row(source: Source, identity: str, **values: object) -> tuple[object, ...]:
    known = {
        "source_id": source.pk,
        "publisher_id": source.publisher_id,
        "identity": identity,
        "title": f"Title of {identity}",
        "text": "",
        "published_at": NOW,
        "first_seen_at": NOW,
        "updated_at": NOW,
        "content_hash": identity,
        "not_before": NOW,
    }
    return tuple((known | values)[column] for column in COLUMNS)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_comes_back_as_it_was_given(text):
    source = a_source()

    copy_rows(Article, COLUMNS, [a_row(source, "a", text=text, title=text)])

    stored = Article.objects.get()
    assert (stored.text, stored.title) == (text, text)


def test_what_is_not_named_gets_the_models_default():
    copy_rows(Article, COLUMNS, [a_row(a_source(), "a")])

    stored = Article.objects.get()
    assert stored.state == Article.State.NEW
    assert stored.text_from == Article.TextFrom.FEED
    assert (stored.version, stored.attempts, stored.html) == (1, 0, "")
    assert stored.leased_until is None


def test_moments_keep_their_instant_whatever_their_zone():
    kolkata = timezone(timedelta(hours=5, minutes=30))
    at = datetime(2026, 6, 9, 12, 0, 0, 123456, tzinfo=kolkata)

    copy_rows(Article, COLUMNS, [a_row(a_source(), "a", published_at=at)])

    assert Article.objects.get().published_at == at
    assert Article.objects.get().published_at.tzinfo == UTC


def test_arrays_json_and_nothing_come_back():
    Source.objects.all().delete()
    source = a_source()
    columns = [f.attname for f in Source._meta.concrete_fields if not f.primary_key]
    given = {name: getattr(source, name) for name in columns}
    given |= {"slug": "copied", "url": "https://copied.example/", "interval": None}

    copy_rows(Source, columns, [tuple(given.values())])

    copied = Source.objects.get(slug="copied")
    assert {name: getattr(copied, name) for name in columns} == given


def test_vectors_go_in_their_binary_form():
    article = an_article(title="One")
    ArticleWords.objects.filter(article=article).delete()
    vector = struct.pack(">i", 1) + b"en:bridg\0" + struct.pack(">HH", 1, (3 << 14) | 7)

    copy_rows(
        ArticleWords,
        WORDS_COLUMNS,
        [(article.pk, "", "en", NOW, vector)],
    )

    assert ArticleWords.objects.get().vector == "'en:bridg':7A"


@pytest.mark.parametrize(
    ("title", "text", "language"),
    [
        pytest.param("", "", "", id="nothing"),
        pytest.param(
            "The Old Bridges", "Bridges close, don't they?\n\nO'Brien's 1,200", "en", id="en"
        ),
        pytest.param("Économies d’été", "L'économie à l'été, économie", "fr", id="fr"),
        pytest.param("Мосты", "мост мосты мостов", "ru", id="ru"),
        pytest.param("東京都", "今日の東京都庁 " * 3_000, "ja", id="beyond the last position"),
        pytest.param("bridge", "bridge " * 2_000, "en", id="too many positions"),
        pytest.param("สวัสดี", "ยินดีต้อนรับ", "th", id="th"),
    ],
)
def test_a_vectors_binary_form_says_what_its_text_form_says(title, text, language):
    article = an_article()
    ArticleWords.objects.filter(article=article).delete()
    packed = packed_vector_of_article(title, text, language)

    copy_rows(ArticleWords, WORDS_COLUMNS, [(article.pk, "", "", NOW, packed)])

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT vector, %s::tsvector FROM sources_articlewords",
            [vector_of_article(title, text, language)],
        )
        stored, expected = cursor.fetchone()
    assert stored == expected


def test_no_rows_are_no_work(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert copy_new(Article, COLUMNS, [], conflict=("source", "identity")) == []
        update_rows(Article, ("id", "title"), [])


def test_a_field_may_be_named_as_in_the_model():
    article = an_article(title="One")

    copy_rows(Passage, ("article", "version", "number", "text"), [(article.pk, 9, 1, "Words.")])

    assert Passage.objects.get(version=9).article == article


def test_a_nul_is_refused_as_the_databases_error():
    with pytest.raises(DatabaseError), transaction.atomic():
        copy_rows(Article, COLUMNS, [a_row(a_source(), "a", text="a\0b")])

    assert not Article.objects.exists()


def test_a_missing_value_is_refused_as_the_databases_error():
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_rows(Article, COLUMNS, [a_row(a_source(), "a", source_id=None)])

    assert not Article.objects.exists()


def test_a_row_without_text_form_leaves_the_connection_usable():
    with pytest.raises((DatabaseError, UnicodeError)), transaction.atomic():
        copy_rows(Article, COLUMNS, [a_row(a_source(), "a", text="\ud800")])

    assert not Article.objects.exists()


def test_new_rows_get_ascending_ids_in_their_order():
    source = a_source()

    ids = copy_new(
        Article,
        COLUMNS,
        [a_row(source, name) for name in ("z", "m", "a")],
        conflict=("source", "identity"),
    )

    assert ids == sorted(ids)
    stored = dict(Article.objects.values_list("identity", "pk"))
    assert [stored[name] for name in ("z", "m", "a")] == ids


def test_rows_that_are_there_stay_as_they_are_and_have_no_id():
    source = a_source()
    copy_rows(Article, COLUMNS, [a_row(source, "known", title="Before")])

    first, known, last = copy_new(
        Article,
        COLUMNS,
        [a_row(source, "a"), a_row(source, "known", title="After"), a_row(source, "b")],
        conflict=("source", "identity"),
    )

    assert known is None
    assert first < last
    assert Article.objects.get(identity="known").title == "Before"
    assert Article.objects.get(identity="b").pk == last


def test_of_equal_new_rows_the_first_is_stored():
    source = a_source()
    rows = [a_row(source, "a", title="First"), a_row(source, "a", title="Second")]

    ids = copy_new(Article, COLUMNS, rows, conflict=("source", "identity"))

    assert Article.objects.get().title == "First"
    assert ids == [Article.objects.get().pk, None]


def test_the_detour_can_be_taken_twice_in_a_transaction():
    source = a_source()
    copy_rows(Article, COLUMNS, [a_row(source, "known")])

    for name in ("a", "b"):
        rows = [a_row(source, "known"), a_row(source, name)]
        assert copy_new(Article, COLUMNS, rows, conflict=("source", "identity"))[0] is None

    assert Article.objects.count() == 3


def test_another_constraint_than_the_named_one_is_an_error():
    source, article = a_source(), an_article(title="One")
    rows = [(article.pk, 9, 1, ""), (article.pk, 9, 2, "Words.")]

    with pytest.raises(IntegrityError), transaction.atomic():
        copy_new(
            Passage,
            ("article", "version", "number", "text"),
            rows,
            conflict=("article", "version", "number"),
        )

    assert not Passage.objects.filter(version=9).exists()
    assert source.pk


def test_new_rows_without_conflict_take_a_constant_number_of_queries(django_assert_num_queries):
    source = a_source()
    rows = [a_row(source, f"row {number}") for number in range(300)]

    # ids, savepoint, COPY, release
    with django_assert_num_queries(4):
        copy_new(Article, COLUMNS, rows, conflict=("source", "identity"))

    assert Article.objects.count() == 300


@pytest.mark.parametrize("text", HOSTILE)
def test_updates_store_text_as_it_was_given(text):
    article = an_article(title="One")

    update_rows(Article, ("id", "title"), [(article.pk, text)])

    article.refresh_from_db()
    assert article.title == text


def test_updates_change_the_named_columns_of_the_named_rows(django_assert_num_queries):
    one, two, three = an_article(title="One"), an_article(title="Two"), an_article(title="Three")
    rows = [
        (one.pk, "de", NOW + timedelta(hours=1), Article.State.ENRICHED),
        (two.pk, "", None, Article.State.DEAD),
        (0, "xx", None, Article.State.DEAD),
    ]

    with django_assert_num_queries(1):
        update_rows(Article, ("id", "language", "leased_until", "state"), rows)

    stored = {a.pk: a for a in Article.objects.all()}
    assert stored[one.pk].language == "de"
    assert stored[one.pk].leased_until == NOW + timedelta(hours=1)
    assert stored[one.pk].title == one.title
    assert (stored[two.pk].language, stored[two.pk].leased_until) == ("", None)
    assert stored[two.pk].state == Article.State.DEAD
    assert stored[three.pk].language == three.language


def test_durations_can_be_updated():
    source = a_source(interval=timedelta(hours=1))

    update_rows(Source, ("id", "interval"), [(source.pk, timedelta(days=2, microseconds=7))])

    source.refresh_from_db()
    assert source.interval == timedelta(days=2, microseconds=7)


def test_arrays_can_be_updated():
    source = a_source()
    before = {f.attname: getattr(source, f.attname) for f in Source._meta.concrete_fields}
    listed = [name for name, value in before.items() if isinstance(value, list)]

    update_rows(Source, ("id", *listed), [(source.pk, *([] for _ in listed))])

    source.refresh_from_db()
    assert [getattr(source, name) for name in listed] == [[] for _ in listed]
    assert connection.is_usable()
