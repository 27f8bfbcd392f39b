"""The rules of the specification: what is refused, by which rule, and where."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.records.xapi import formats
from learning.records.xapi.forms import choose_language, in_one_language, only_ids, say_the_same
from learning.records.xapi.index import activity_key, agent_key, index
from learning.records.xapi.reading import read_json
from learning.records.xapi.rules import Broken, Rule
from learning.records.xapi.statements import check_statement
from learning.records.xapi.versions import Version, requested
from tests.learning.records.client import STATEMENT

ACTIVITY = {"id": "https://learning.example/kd10"}
SUB = {
    "objectType": "SubStatement",
    "actor": STATEMENT["actor"],
    "verb": STATEMENT["verb"],
    "object": ACTIVITY,
}
CONTEXT_AGENT = {"objectType": "contextAgent", "agent": STATEMENT["actor"]}


def _broken(value: Any, version: Version = Version.V1) -> Broken:
    with pytest.raises(Broken) as caught:
        check_statement(value, version)
    return caught.value


@pytest.mark.parametrize(
    ("changes", "rule", "place"),
    [
        ({"actor": None}, Rule.NOT_NULL, ["actor"]),
        ({"extra": 1}, Rule.KNOWN_PROPERTY, ["extra"]),
        ({"Result": {}}, Rule.KNOWN_PROPERTY, ["Result"]),
        ({"actor": {"name": "x"}}, Rule.ONE_IDENTIFIER, ["actor"]),
        ({"actor": {"mbox": "mailto:a@b.c", "openid": "http://a"}}, Rule.ONE_IDENTIFIER, ["actor"]),
        ({"actor": {"objectType": "Group"}}, Rule.ANONYMOUS_GROUP_HAS_MEMBERS, ["actor", "member"]),
        (
            {"actor": {"objectType": "Group", "member": [{"objectType": "Group", "mbox": "mailto:a@b.c"}]}},
            Rule.MEMBER_IS_AGENT,
            ["actor", "member", 0, "objectType"],
        ),
        ({"actor": {"mbox": "a@b.c"}}, Rule.MBOX, ["actor", "mbox"]),
        ({"verb": {"id": "completed"}}, Rule.IRI, ["verb", "id"]),
        (
            {"verb": {"id": "http://a/b", "display": {"a12345678": "x"}}},
            Rule.LANGUAGE,
            ["verb", "display", "a12345678"],
        ),
        (
            {"object": {"objectType": "activity", "id": "http://a/b"}},
            Rule.OBJECT_TYPE,
            ["object", "objectType"],
        ),
        (
            {"object": SUB | {"object": SUB}},
            Rule.NO_SUBSTATEMENT_IN_SUBSTATEMENT,
            ["object", "object", "objectType"],
        ),
        ({"object": SUB | {"id": "x"}}, Rule.KNOWN_PROPERTY, ["object", "id"]),
        ({"verb": {"id": "http://adlnet.gov/expapi/verbs/voided"}}, Rule.VOIDING_TARGET, ["object"]),
        ({"result": {"score": {"scaled": 1.01}}}, Rule.SCALED, ["result", "score", "scaled"]),
        ({"result": {"score": {"raw": 11, "max": 10}}}, Rule.RAW_WITHIN, ["result", "score", "raw"]),
        ({"result": {"score": {"min": 10, "max": 10}}}, Rule.MIN_BELOW_MAX, ["result", "score", "min"]),
        ({"result": {"success": "true"}}, Rule.BOOLEAN, ["result", "success"]),
        ({"result": {"score": {"raw": True}}}, Rule.NUMBER, ["result", "score", "raw"]),
        ({"result": {"duration": "P1.5DT1H"}}, Rule.DURATION, ["result", "duration"]),
        ({"context": {"team": STATEMENT["actor"]}}, Rule.TEAM_IS_GROUP, ["context", "team"]),
        (
            {"object": STATEMENT["actor"] | {"objectType": "Agent"}, "context": {"platform": "x"}},
            Rule.ONLY_FOR_ACTIVITIES,
            ["context", "platform"],
        ),
        ({"timestamp": "2026-02-30T00:00:00Z"}, Rule.TIMESTAMP, ["timestamp"]),
        ({"timestamp": "2026-02-03T00:00:00-00:00"}, Rule.TIMESTAMP, ["timestamp"]),
        ({"version": "0.9"}, Rule.VERSION, ["version"]),
        ({"attachments": {}}, Rule.ARRAY, ["attachments"]),
        ({"context": {"contextAgents": [CONTEXT_AGENT]}}, Rule.KNOWN_PROPERTY, ["context", "contextAgents"]),
    ],
)
def test_a_broken_rule_is_named_with_its_place(changes: dict[str, Any], rule: Rule, place: list[Any]):
    broken = _broken(STATEMENT | changes)
    assert (broken.rule, broken.place) == (rule, place)
    assert rule.clause in str(broken)
    assert rule.name in str(broken)


@pytest.mark.parametrize("name", ["actor", "verb", "object"])
def test_what_is_required_is_missed(name: str):
    statement = {key: value for key, value in STATEMENT.items() if key != name}
    assert (_broken(statement).rule, _broken(statement).place) == (Rule.REQUIRED_PROPERTY, [name])


@pytest.mark.parametrize(
    "entry", [CONTEXT_AGENT, CONTEXT_AGENT | {"relevantTypes": ["http://a/b"]}], ids=["plain", "typed"]
)
def test_context_agents_belong_to_the_second_version(entry: dict[str, Any]):
    check_statement(STATEMENT | {"context": {"contextAgents": [entry]}}, Version.V2)


def test_relevant_types_are_never_an_empty_list():
    context = {"contextAgents": [CONTEXT_AGENT | {"relevantTypes": []}]}
    assert _broken(STATEMENT | {"context": context}, Version.V2).rule is Rule.RELEVANT_TYPES


def test_an_extension_may_hold_anything():
    extensions = {"http://a/b": None, "http://a/c": {"any": [None, {"x": 1}]}}
    check_statement(STATEMENT | {"result": {"extensions": extensions}}, Version.V1)


# -- JSON -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b'{"a":1,"a":2}', Rule.NO_DUPLICATE_KEYS),
        (rb'{"a":1,"\u0061":2}', Rule.NO_DUPLICATE_KEYS),
        (rb'[{"a":"\u0022","a":"\u0022\u0022\u0022\u0022"}]', Rule.NO_DUPLICATE_KEYS),
        (b'{"a":NaN}', Rule.JSON),
        (b'{"a":-1e999}', Rule.JSON),
        (b'{"a":-Infinity}', Rule.JSON),
        (b'{"a":"\xff"}', Rule.JSON),
        (rb'{"a":"\ud800"}', Rule.JSON),
        (b"[" * 100_000, Rule.NOT_TOO_DEEP),
        (b"[" * 101 + b"]" * 101, Rule.NOT_TOO_DEEP),
        (b"1" * 5000, Rule.JSON),
        (b"{", Rule.JSON),
        (b"", Rule.JSON),
    ],
    ids=[
        "twice",
        "twice in two spellings",
        "twice among marks in two spellings",
        "nan",
        "too large",
        "infinity",
        "latin-1",
        "surrogate",
        "deep",
        "deeper than anybody means",
        "long number",
        "open",
        "nothing",
    ],
)
def test_json_that_others_let_pass_is_refused(raw: bytes, rule: Rule):
    with pytest.raises(Broken) as caught:
        read_json(raw)
    assert caught.value.rule is rule


@pytest.mark.parametrize("raw", [b"[" * 100 + b"]" * 100, b"[" + b"[],{}," * 1000 + b"[]]"])
def test_much_in_a_row_is_not_deep(raw: bytes):
    assert read_json(raw)


_FIRST = datetime(1000, 1, 2)  # noqa: DTZ001 (drawn without a zone, and given one)
_LAST = datetime(9998, 12, 30)  # noqa: DTZ001


# -- Properties -------------------------------------------------------------------------------------------
_words = st.sampled_from(
    [
        "Activity",
        "Agent",
        "Group",
        "StatementRef",
        "SubStatement",
        "account",
        "actor",
        "attachments",
        "authority",
        "choice",
        "choices",
        "context",
        "contextActivities",
        "definition",
        "display",
        "en",
        "extensions",
        "http://a/b",
        "http://adlnet.gov/expapi/verbs/voided",
        "id",
        "instructor",
        "interactionType",
        "mailto:a@b.c",
        "mbox",
        "member",
        "object",
        "objectType",
        "parent",
        "result",
        "score",
        "sha2",
        "team",
        "timestamp",
        "verb",
        "version",
    ]
)
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | _words,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_words | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=30,
)


@given(value=_json, place=st.sampled_from([*STATEMENT, "result", "context", "attachments", "authority"]))
def test_whatever_comes_is_a_statement_or_breaks_a_rule(value: Any, place: str):
    statement = STATEMENT | {place: value}
    for version in Version:
        try:
            check_statement(statement, version)
        except Broken:
            continue
        index(statement)
        only_ids(statement)
        assert say_the_same(statement, json.loads(json.dumps(statement)))


@given(value=_json)
def test_json_is_read_as_it_was_written(value: Any):
    assert read_json(json.dumps(value).encode()) == value


_marks = st.text(alphabet='a"\\:', max_size=4)
_spelled = _marks.flatmap(
    lambda text: st.sampled_from(
        [json.dumps(text), json.dumps(text.replace('"', "\0")).replace("\\u0000", "\\u0022")]
    )
)


@given(pairs=st.lists(st.tuples(_spelled, _spelled), max_size=5), gap=st.sampled_from(["", " ", "\n"]))
def test_a_name_given_twice_is_found_however_it_is_spelled(pairs: list[tuple[str, str]], gap: str):
    raw = "{" + ",".join(f"{name}{gap}:{gap}[{value}]" for name, value in pairs) + "}"
    names = [json.loads(name) for name, _value in pairs]
    if len(set(names)) == len(names):
        assert list(read_json(raw.encode())) == names
    else:
        with pytest.raises(Broken) as caught:
            read_json(raw.encode())
        assert caught.value.rule is Rule.NO_DUPLICATE_KEYS


@given(
    moment=st.datetimes(min_value=_FIRST, max_value=_LAST),
    minutes=st.integers(-14 * 60, 14 * 60),
)
def test_a_timestamp_is_one_moment_in_every_zone(moment: datetime, minutes: int):
    there = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))
    assert formats.read_timestamp(there.isoformat()) == there
    assert formats.read_timestamp(formats.write_timestamp(there)) == there


@given(text=st.text())
def test_formats_refuse_with_a_rule_or_accept(text: str):
    for check in (
        formats.iri,
        formats.uuid,
        formats.mbox,
        formats.language,
        formats.timestamp,
        formats.duration,
    ):
        try:
            check(text)
        except Broken:
            continue
        text.encode()


@pytest.mark.parametrize(
    "tag", ["th", "en-US", "zh-Hant-TW", "sl-rozaj-biske", "de-DE-u-co-phonebk", "x-ours", "i-klingon"]
)
def test_language_tags(tag: str):
    formats.language(tag)


@pytest.mark.parametrize("duration", ["P1Y2M3DT4H5M6.789S", "PT0S", "P3W", "PT0.5M"])
def test_durations(duration: str):
    formats.duration(duration)


@pytest.mark.parametrize(
    "duration", ["P", "PT", "1D", "P1.5DT2H", "PT1.5M3S", "P1W2D", "P1.5.5D", "PT1,5M\n", "P-1D"]
)
def test_a_duration_has_a_part_and_a_fraction_in_its_last_alone(duration: str):
    with pytest.raises(Broken) as caught:
        formats.duration(duration)
    assert caught.value.rule is Rule.DURATION


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-05-05T10:00:00.1Z", "2026-05-05T10:00:00.100000+00:00"),
        ("2026-05-05T10:00:00.1234567Z", "2026-05-05T10:00:00.123456+00:00"),
        ("2026-05-05T10:00:00+07:00", "2026-05-05T03:00:00+00:00"),
        ("2026-05-05 10:00", "2026-05-05T10:00:00+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
    ],
)
def test_a_timestamp_is_read_in_utc(text: str, iso: str):
    assert formats.read_timestamp(text).isoformat() == iso


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T10:00:00Z",
        "2026-05-05T24:00:00Z",
        "2026-05-05T10:00:00+07:60",
        "2026-05-05T10:00:00-00:00",
    ],
)
def test_a_moment_that_is_none_is_refused(text: str):
    with pytest.raises(Broken) as caught:
        formats.read_timestamp(text)
    assert caught.value.rule is Rule.TIMESTAMP


# -- Sameness and forms -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"timestamp": "2026-01-01T00:00:00Z"}, {"timestamp": "2027-01-01T00:00:00Z"}, True),
        ({"verb": {"id": "http://a/b", "display": {"en": "x"}}}, {"verb": {"id": "http://a/b"}}, True),
        ({"result": {"duration": "PT1.001S"}}, {"result": {"duration": "PT1.009S"}}, True),
        ({"result": {"duration": "PT1.01S"}}, {"result": {"duration": "PT1.02S"}}, False),
        (
            {"context": {"contextActivities": {"parent": ACTIVITY}}},
            {"context": {"contextActivities": {"parent": [ACTIVITY]}}},
            True,
        ),
        ({"verb": {"id": "http://a/b"}}, {"verb": {"id": "http://a/c"}}, False),
        ({"result": {"success": True}}, {}, False),
    ],
)
def test_when_two_statements_are_the_same(one: dict[str, Any], other: dict[str, Any], same: bool):
    assert say_the_same(STATEMENT | one, STATEMENT | other) is same


def test_one_language_is_chosen_by_tag_then_by_language_then_the_first():
    assert choose_language(["en-GB", "th"], ["th"]) == "th"
    assert choose_language(["en-GB", "th"], ["en-US"]) == "en-GB"
    assert choose_language(["en-GB", "th"], ["fr"]) == "en-GB"
    definition = {
        "name": {"en": "a", "th": "b"},
        "choices": [{"id": "1", "description": {"en": "c", "th": "d"}}],
    }
    assert in_one_language(definition, ["th"]) == {
        "name": {"th": "b"},
        "choices": [{"id": "1", "description": {"th": "d"}}],
    }


def test_the_index_tells_what_a_statement_is_about_from_what_it_mentions():
    team = {"objectType": "Group", "member": [{"mbox": "mailto:member@example.org"}]}
    keys = index(STATEMENT | {"context": {"team": team, "contextActivities": {"parent": ACTIVITY}}})
    assert keys.mentions == {
        agent_key("mailto:somying@example.org"): True,
        activity_key(STATEMENT["object"]["id"]): True,
        agent_key("mailto:member@example.org"): False,
        activity_key(ACTIVITY["id"]): False,
    }


@pytest.mark.parametrize(
    ("header", "version"),
    [
        ("1.0", Version.V1),
        ("1.0.9", Version.V1),
        ("2.0.0", Version.V2),
        ("", None),
        ("1.1", None),
        ("2.0.x", None),
    ],
)
def test_versions_that_are_spoken(header: str, version: Version | None):
    assert requested(header) is version


def test_scores_are_compared_as_numbers():
    check_statement(STATEMENT | {"result": {"score": {"raw": 1e308, "max": math.inf}}}, Version.V1)


def test_the_specification_is_written_without_django():
    code = (  # Without the package's own start-up, which is Celery's and Django's.
        "import sys; celery = sys.modules['learning.celery'] = type(sys)('celery'); celery.app = None\n"
        "from learning.records.xapi import forms, signatures, statements\n"
        "sys.exit('django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
