"""A package of SCORM 2004 with rules: the server says what opens, keeps where a learner is, and counts."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.player.errors import (
    ItemLocked,
    ItemNeeds,
    ItemsInOrder,
    LaunchEnded,
    NoAttemptsLeft,
    NoSuchItem,
    NothingThere,
    SessionTaken,
)
from courses.player.models import ItemProgress, UnitProgress, UnitStatus
from courses.player.services import commits, scorm, shared_data, walking
from courses.player.services.commits import Commit
from courses.player.services.launches import Contents, begin, find, launch
from courses.player.services.registrations import take_session
from tests.courses.player.packages import in_package, kept
from tests.courses.player.packages import scorm as scorm_package
from tests.courses.player.sequencing.learner import (
    BY_CONTENT,
    FLOW,
    ORDER,
    objectives,
    pre,
    primary,
    reads,
    rules,
    sequencing,
    writes,
)

pytestmark = pytest.mark.django_db
NEEDS_A = rules(pre("disabled", "not satisfied before", "not objectiveStatusKnown before", combine="any"))
RULES: dict[str, Any] = {
    "A": sequencing(BY_CONTENT, objectives(primary(writes("a"), id="mine"))),
    "B": sequencing(
        NEEDS_A, objectives(primary(), f'<objective objectiveID="before">{reads("a")}</objective>')
    ),
    "C": sequencing('<limitConditions attemptLimit="1"/>'),
}
DONE: dict[str, Any] = {"completion_status": "completed", "success_status": "passed", "exit": "normal"}


class Way:
    """A learner in the package, on the device that holds the course."""

    def __init__(self, place: tuple[Any, Any, str]) -> None:
        self.registration, self.unit, self.session = place
        self.launch: Any = None
        self.secret = ""

    def enter(self, item: str = "") -> str:
        at = (self.registration, self.unit, self.session)
        return self._opened(walking.enter(*at, item, now=timezone.now()))

    def go(self, request: str, target: str = "", leaving: str | None = None) -> str:
        tree = self.contents.sequence.tree
        leaving = leaving if leaving is not None else (tree.current.id if tree.current else "")
        at = (self.registration, self.unit, self.session)
        return self._opened(walking.follow(*at, request, target, leaving=leaving, now=timezone.now()))

    def says(self, *, ended: bool = True, shared_data: Any = None, **cmi: Any) -> commits.Receipt:
        number = ItemProgress.objects.get(item=self.launch.item).sequence
        state = {"cmi": cmi, "ended": ended, "ended_silently": False}
        if shared_data is not None:
            state["shared_data"] = shared_data
        return commits.write(
            self.launch, Commit(secret=self.secret, sequence=number + 1, after=number, state=state)
        )

    @property
    def contents(self) -> Any:
        return Contents(self.registration, self.unit)

    def _opened(self, contents: Contents) -> str:
        assert contents.sequence is not None
        if contents.sequence.open is None:
            return ""
        item = contents.sequence.open.id
        self.launch, self.secret = launch(self.registration, self.unit, item, self.session)
        begin(self.launch)
        return item


@pytest.fixture
def way(media, learner, department):
    package = scorm_package("A", "B", "C", version="2004 3rd Edition", root=sequencing(FLOW), **RULES)
    return Way(in_package(learner, kept(package, department)))


@pytest.fixture
def ordered(media, learner, department):
    package = scorm_package("A", "B", version="2004 4th Edition", root=sequencing(ORDER))
    return Way(in_package(learner, kept(package, department)))


def test_a_learner_begins_and_stays_where_they_are(way):
    assert way.enter() == "A"
    assert way.enter() == "A"
    assert way.enter("A") == "A"
    assert way.contents.sequence.tree.by_id["A"].attempts == 1


def test_what_rules_lock_is_refused_however_it_is_asked_for(way):
    way.enter()
    with pytest.raises(ItemNeeds) as refused:
        way.enter("B")
    assert "บทที่ A" in str(refused.value.message)
    for request in (("choice", "B"), ("jump", "B"), ("continue", "")):
        with pytest.raises(ItemLocked):
            way.go(*request)
    with pytest.raises(ItemLocked):
        launch(way.registration, way.unit, "B", way.session)
    with pytest.raises(NoSuchItem):
        way.enter("Z")
    assert way.enter() == "A"


def test_what_may_be_opened_is_launched_only_by_walking_there(way):
    way.enter()
    with pytest.raises(ItemLocked):
        launch(way.registration, way.unit, "C", way.session)
    assert way.enter("C") == "C"


def test_the_menu_says_what_is_locked_and_why(way):
    way.enter()
    closed = {item.unit.id: item.closed for item in way.contents.menu}
    assert closed["A"] is closed["C"] is None
    assert isinstance(closed["B"], ItemNeeds)
    receipt = way.says(**DONE)
    assert receipt.navigation is not None
    assert receipt.navigation["choice"] == ["A", "B", "C"]
    assert receipt.navigation["continue"] is True
    assert [item.is_locked for item in way.contents.menu] == [False, False, False]


def test_walking_to_the_end_completes_the_unit_once(way):
    way.enter()
    way.says(**DONE, score={"scaled": "0.9"})
    assert way.go("continue") == "B"
    way.says(**DONE)
    assert way.go("continue") == "C"
    assert not UnitProgress.objects.get().is_done
    way.says(**DONE)
    progress = UnitProgress.objects.get()
    assert (progress.status, progress.is_passed) == (UnitStatus.COMPLETED, True)
    completed_at = progress.completed_at
    assert way.go("continue") == ""
    assert way.contents.sequence.has_ended
    assert way.enter() == ""
    assert way.go("start") == "A"
    way.says(completion_status="incomplete", success_status="failed", exit="normal")
    progress.refresh_from_db()
    assert (progress.status, progress.is_passed, progress.completed_at) == (
        UnitStatus.COMPLETED,
        True,
        completed_at,
    )


def test_a_wish_that_comes_twice_or_late_changes_nothing(way):
    way.enter()
    way.says(**DONE)
    assert way.go("continue") == "B"
    assert way.go("continue", leaving="A") == "B"
    assert way.go("exitAll", leaving="") == "B"


def test_who_left_cannot_speak_for_the_lesson_any_more(way):
    way.enter()
    old = way.secret
    way.says(**DONE)
    way.enter("C")
    with pytest.raises(LaunchEnded):
        find(old)


def test_attempts_are_counted_on_the_server(way):
    way.enter()
    assert way.enter("C") == "C"
    way.says(completion_status="completed", exit="normal")
    way.enter("A")
    with pytest.raises(NoAttemptsLeft):
        way.enter("C")


def test_a_new_attempt_begins_empty_and_a_suspended_one_does_not(way, learner):
    way.enter()
    way.says(completion_status="incomplete", location="7", exit="suspend")
    way.enter("C")
    way.enter("A")
    unit = way.contents.item("A").unit
    kept_item = ItemProgress.objects.get(item="A")
    assert scorm.start_2004(unit, learner, kept_item, way.contents.sequence)["location"] == "7"
    late = way.launch
    way.says(**DONE, location="9")
    way.go("exit")
    way.enter("A")
    fresh = ItemProgress.objects.get(item="A")
    start = scorm.start_2004(unit, learner, fresh, way.contents.sequence)
    assert (start["entry"], start.get("location")) == ("ab-initio", None)
    # What others read of the objective is still known.
    assert start["objectives"]["0"] == {"id": "mine", "success_status": "passed"}
    assert fresh.is_completed
    # Kept on a device since the attempt before: it counts, and does not come back as this one's state.
    number = fresh.sequence
    state = {"cmi": {**DONE, "location": "8"}}
    commit = Commit(secret=way.secret, sequence=number + 5, after=number - 1, launch=late.pk, state=state)
    assert not commits.write(way.launch, commit).is_kept


def test_another_device_goes_on_in_the_same_place(way):
    way.enter()
    way.says(**DONE)
    way.go("continue")
    way.session = take_session(way.registration, "Safari · iPhone")
    assert way.enter() == "B"
    old = Way((way.registration, way.unit, "x" * 43))
    with pytest.raises(SessionTaken):
        old.enter("A")


def test_suspending_all_and_coming_back(way):
    way.enter()
    way.says(completion_status="incomplete", exit="suspend")
    assert way.go("suspendAll") == ""
    assert not way.contents.sequence.has_ended
    assert way.enter() == "A"
    assert way.contents.sequence.tree.by_id["A"].attempts == 1


def test_lessons_without_a_word_are_done_when_they_are_left(ordered):
    assert ordered.enter() == "A"
    with pytest.raises(ItemsInOrder):
        ordered.enter("B")
    assert ordered.go("continue") == "B"
    assert ordered.go("continue") == ""
    progress = UnitProgress.objects.get()
    assert (progress.status, progress.is_passed, progress.score) == (UnitStatus.COMPLETED, None, None)


@pytest.fixture
def tested(media, learner, department):
    package = scorm_package(
        "A",
        "B",
        version="2004 3rd Edition",
        root=sequencing(FLOW),
        A=sequencing(BY_CONTENT),
        B=sequencing(BY_CONTENT),
    )
    way = Way(in_package(learner, kept(package, department)))
    way.enter()
    way.says(**DONE)
    assert way.go("continue") == "B"
    way.says(ended=False, completion_status="completed")
    return way


def test_a_test_that_is_only_open_completes_nothing(tested):
    assert not UnitProgress.objects.get().is_done
    tested.says(completion_status="completed", success_status="failed", score={"scaled": "0.2"})
    progress = UnitProgress.objects.get()
    assert (progress.is_done, progress.is_passed) == (False, False)


def test_a_test_that_is_passed_completes_its_package(tested):
    tested.says(completion_status="completed", success_status="passed", score={"scaled": "0.9"})
    progress = UnitProgress.objects.get()
    assert (progress.status, progress.is_passed) == (UnitStatus.COMPLETED, True)


def test_a_lesson_that_never_judges_counts_when_it_is_left(tested):
    assert tested.go("continue") == ""
    progress = UnitProgress.objects.get()
    assert (progress.status, progress.is_passed) == (UnitStatus.COMPLETED, None)


def test_a_lesson_that_still_speaks_is_not_taken_for_silent(ordered):
    ordered.enter()
    ordered.says(ended=False, completion_status="unknown", location="2")
    assert ordered.go("continue") == "B"
    tree = ordered.contents.sequence.tree
    assert tree.value(tree.by_id["A"], "completed") is None
    assert tree.by_id["A"].is_suspended


def test_a_request_that_nobody_knows(ordered):
    ordered.enter()
    for request in ("", "explode"):
        with pytest.raises(NothingThere):
            ordered.go(request)


SHARED = (
    '<adlcp:data><adlcp:map targetID="notes"/>'
    '<adlcp:map targetID="fixed" writeSharedData="false"/></adlcp:data>'
)


@pytest.fixture(params=[sequencing(ORDER), ""], ids=["with rules", "without"])
def sharing(request, media, learner, department):
    """Two lessons with a store in common, and each on a launch of its own."""
    package = scorm_package(
        "A", "B", version="2004 4th Edition", root=request.param, A=SHARED, B=SHARED.replace("fixed", "b")
    )
    return Way(in_package(learner, kept(package, department)))


def _open(way: Way, item: str) -> dict[str, Any]:
    """Open a lesson as it is opened with and without rules, and return what it is told of its stores."""
    if way.contents.sequence is not None:
        way.enter() if item == "A" else way.go("continue")
    else:
        way.launch, way.secret = launch(way.registration, way.unit, item, way.session)
    begin(way.launch)
    contents = way.contents
    told: dict[str, Any] = shared_data.start(contents, contents.item(item).unit)["shared_data"]
    return told


def test_lessons_share_what_they_may(sharing):
    assert _open(sharing, "A") == {
        "maps": [
            {"targetID": "notes", "readSharedData": True, "writeSharedData": True},
            {"targetID": "fixed", "readSharedData": True, "writeSharedData": False},
        ],
        "stores": {},
    }
    sharing.says(shared_data={"notes": "จากบทที่ A", "fixed": "no", "b": "no", "other": "no"})
    assert _open(sharing, "B")["stores"] == {"notes": "จากบทที่ A"}
    sharing.says(shared_data={"notes": "จากบทที่ B", "b": 1}, location="2")
    row = ItemProgress.objects.get(item="")
    assert row.state["shared_data"] == {"notes": "จากบทที่ B"}
    assert ("sequencing" in row.state) == (sharing.contents.sequence is not None)


def test_what_a_lesson_says_again_does_not_undo_what_another_one_wrote(media, learner, department):
    package = scorm_package("A", "B", version="2004 4th Edition", A=SHARED, B=SHARED)
    way = Way(in_package(learner, kept(package, department)))
    _open(way, "A")
    way.says(shared_data={"notes": "A"}, ended=False)
    first = (way.launch, way.secret)
    _open(way, "B")
    way.says(shared_data={"notes": "B"}, ended=False)
    way.launch, way.secret = first
    way.says(shared_data={"notes": "A"}, location="2")
    assert ItemProgress.objects.get(item="").state["shared_data"] == {"notes": "B"}


@pytest.mark.parametrize(("is_global", "stores"), [("true", {"notes": "A"}), ("false", {})])
def test_shared_data_of_one_attempt_end_with_it(media, learner, department, is_global, stores):
    package = scorm_package(
        "A", "B", version="2004 4th Edition", root=sequencing(ORDER), A=SHARED, B=SHARED,
        attributes=f' xmlns:q="http://a.b" q:sharedDataGlobalToSystem="{is_global}"',
    )  # fmt: skip
    way = Way(in_package(learner, kept(package, department)))
    _open(way, "A")
    way.says(shared_data={"notes": "A"}, **DONE)
    assert _open(way, "B")["stores"] == {"notes": "A"}
    way.says(**DONE)
    way.go("exitAll")
    assert way.go("start") == "A"
    contents = way.contents
    assert shared_data.start(contents, contents.item("A").unit)["shared_data"]["stores"] == stores


def test_what_is_begun_by_choice_where_nothing_flows(media, learner, department):
    package = scorm_package(
        "A", "B", version="2004 3rd Edition", root=sequencing('<controlMode flow="false"/>')
    )
    assert Way(in_package(learner, kept(package, department))).enter() == "A"


def test_a_package_without_rules_is_free(media, learner, department):
    package = scorm_package("A", "B", version="2004 3rd Edition")
    registration, unit, session = in_package(learner, kept(package, department))
    assert Contents(registration, unit).sequence is None
    launch(registration, unit, "B", session)


# -- The page -----------------------------------------------------------------------------------------
@pytest.fixture
def address(way, learner):
    way.registration.session = ""
    way.registration.save(update_fields=["session"])
    return reverse("player:unit", args=[way.registration.pk, way.unit.pk])


def test_a_typed_address_is_refused_with_a_reason(client, learner, address):
    client.force_login(learner)
    assert 'aria-current="page">บทที่ A' in client.get(address).content.decode()
    response = client.get(address, {"item": "B"})
    page = response.content.decode()
    assert response.status_code == 403
    assert "ขึ้นอยู่กับผลของท่านใน “บทที่ A”" in page
    assert 'aria-current="page">บทที่ A' in page
    assert 'href="?item=B' not in page


def test_ways_that_a_lesson_brings_itself_are_not_offered(client, learner, media, department):
    hidden = "".join(
        f"<adlnav:hideLMSUI>{name}</adlnav:hideLMSUI>"
        for name in ("previous", "continue", "exit", "exitAll", "abandon", "abandonAll", "suspendAll")
    )
    inside = f"<adlnav:navigationInterface>{hidden}</adlnav:navigationInterface>"
    hidden = f"<adlnav:presentation>{inside}</adlnav:presentation>"
    package = scorm_package("A", "B", "C", version="2004 4th Edition", B=hidden)
    registration, unit, _session = in_package(learner, kept(package, department))
    registration.session = ""
    registration.save(update_fields=["session"])
    client.force_login(learner)
    address = reverse("player:unit", args=[registration.pk, unit.pk])
    shown = client.get(address, {"item": "A"}).content.decode()
    assert 'id="package-next" href' in shown
    own = client.get(address, {"item": "B"}).content.decode()
    # They stay in the page: the lesson asks for them with its own buttons.
    assert 'id="package-before" hidden' in own
    assert 'id="package-next" hidden' in own


def test_going_on_is_a_form_and_leads_where_the_rules_say(client, learner, address):
    client.force_login(learner)
    client.get(address)
    said = {"request": "continue", "leaving": "A"}
    refused = client.post(address, said, follow=True)
    assert "“บทที่ A”" in refused.content.decode()
    assert client.post(address, {"request": "choice", "to": "C", "leaving": "A"}).status_code == 302
    assert 'aria-current="page">บทที่ C' in client.get(address).content.decode()
    ended = client.post(address, {"request": "exitAll", "leaving": "C"})
    assert ended.url.endswith(f"/{address.split('/')[2]}/")
    page = client.get(address).content.decode()
    assert "<iframe" not in page
    assert 'value="start"' in page


def test_the_contents_alone_have_the_ways_too(client, learner, address):
    client.force_login(learner)
    client.get(address)
    page = client.get(address, {"contents": "", "item": "A"}).content.decode()
    assert 'id="package-contents"' in page
    assert 'value="continue"' in page
    assert "<html" not in page


def test_nobody_else_walks(address, outsider, agency_officer, learner, client):
    for person in (outsider, agency_officer):
        other = Client()
        other.force_login(person)
        assert other.post(address, {"request": "start"}).status_code == 403
        assert other.get(address, {"item": "B"}).status_code == 403
    assert client.post(address, {"request": "start"}).status_code == 302
    assert not ItemProgress.objects.exists()


def test_a_wish_without_the_token_of_the_form(address, learner):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(learner)
    strict.get(address)
    assert strict.post(address, {"request": "exitAll", "leaving": "A"}).status_code == 403
