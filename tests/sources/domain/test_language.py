"""Languages, declared and found."""

from __future__ import annotations

import pytest

from sources.domain.language import detect_language, primary_language


@pytest.mark.parametrize(
    ("declared", "language"),
    [
        pytest.param("en-GB", "en", id="region"),
        pytest.param(" de_AT ", "de", id="underscore"),
        pytest.param("fil", "fil", id="three letters"),
        pytest.param("english", "", id="a name"),
        pytest.param("", "", id="nothing"),
        pytest.param("e", "", id="too short"),
    ],
)
def test_a_declared_tag_is_shortened(declared, language):
    assert primary_language(declared) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("The bridge will close for eleven weeks while they repair it.", "en", id="en"),
        pytest.param("Die Brücke wird für elf Wochen gesperrt, sagte der Rat.", "de", id="de"),
        pytest.param("Le pont sera fermé pendant onze semaines pour les travaux.", "fr", id="fr"),
        pytest.param("El puente estará cerrado durante once semanas por las obras.", "es", id="es"),
        pytest.param("Il ponte resterà chiuso per undici settimane, ha detto il.", "it", id="it"),
        pytest.param("Bron stängs i elva veckor medan de lagar den, och det är.", "sv", id="sv"),
        pytest.param("Мост закроют на одиннадцать недель, пока его не починят.", "ru", id="ru"),
        pytest.param("橋は十一週間閉鎖される。", "ja", id="ja"),
        pytest.param("大桥将关闭十一周。", "zh", id="zh"),
        pytest.param("다리는 11주 동안 폐쇄된다.", "ko", id="ko"),
        pytest.param("Η γέφυρα θα κλείσει για έντεκα εβδομάδες.", "el", id="el"),
        pytest.param("อาคารหลังนี้จะปิดสิบเอ็ดสัปดาห์", "th", id="th"),
        pytest.param("سيتم إغلاق الجسر القديم لمدة أحد عشر أسبوعا من أجل هذا.", "ar", id="ar"),
        pytest.param("Köprü on bir hafta kapalı kalacak ve İstanbul için çok iyi.", "tr", id="tr"),
        pytest.param("“Bridge” — it’s closed, they say, and that is that…", "en", id="quotes"),
        pytest.param("The bridge 東京 is to be closed for the repair of it.", "en", id="a name in"),
        pytest.param("theTHEThe" * 4_000, "", id="one word without end"),
        pytest.param("the bridge is not to be " * 4_000, "en", id="very long"),
        pytest.param("Bridge closed", "", id="too short"),
        pytest.param("12 34 56 78 90 12 34 56 78 90", "", id="numbers"),
        pytest.param("Zxq wvk jjh qqw zzk wwv xxq kkj vvx", "", id="no language"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_language_is_found_or_left_open(text, language):
    assert detect_language(text) == language
