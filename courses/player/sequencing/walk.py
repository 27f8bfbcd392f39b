"""The overall sequencing process: from a request to the lesson that is delivered (SN OP.1)."""

from collections.abc import Callable
from random import Random

from courses.player.sequencing.conditions import fired
from courses.player.sequencing.refusals import Ended, Reason, Refused
from courses.player.sequencing.rollup import roll_up
from courses.player.sequencing.runtime import finish_silent
from courses.player.sequencing.traversal import (
    BACKWARD,
    FORWARD,
    Direction,
    check_choice,
    common,
    flow,
    refuse_shut,
)
from courses.player.sequencing.tree import Activity, Tree

REQUESTS = (
    "start", "resumeAll", "continue", "previous", "choice", "jump",
    "exit", "exitAll", "abandon", "abandonAll", "suspendAll",
)  # fmt: skip


class Walk:
    """A learner's walk through a tree. A refused request leaves it half changed: the caller drops it."""

    def __init__(self, tree: Tree, random: Random) -> None:
        self.tree, self._random = tree, random
        # Whether what was delivered last began anew, not where it was suspended.
        self.is_new_attempt = False

    def prepare(self) -> None:
        """Select and shuffle what is drawn for this learner, before the first attempt (SR.1, SR.2)."""
        for activity in self.tree.root.walk():
            if activity.children:
                self._draw(activity, "once", "onEachNewAttempt")

    def request(self, name: str, target: str = "") -> Activity | None:
        """Follow a request of a learner or of content; return what is delivered, None where nothing is.

        Afterwards no activity is current where the whole session has ended. Raises Refused.
        """
        if name not in REQUESTS:
            raise Refused(Reason.NOTHING, "NB.2.1-13")
        termination, sequencing = self._navigation(name, target)
        if termination:
            sequencing = self._terminate(termination) or sequencing
        try:
            found = self._sequence(sequencing, target)
        except Ended:
            self._end_descendants(self.tree.root)
            if self.tree.root.is_active:
                self._end_attempt(self.tree.root)
            self.tree.current = None
            return None
        if found is not None:
            self._deliver(found)
        return found

    # -- Navigation requests (NB.2.1) -----------------------------------------------------------------
    def _navigation(self, name: str, target: str) -> tuple[str, str]:
        """Return the termination request and the sequencing request that a navigation request means."""
        current = self.tree.current
        if name in {"start", "resumeAll"}:
            if current is not None:
                raise Refused(Reason.NOTHING, "NB.2.1-1")
            if name == "resumeAll" and self.tree.suspended is None:
                raise Refused(Reason.NOTHING, "NB.2.1-3")
            return "", name
        if name in {"choice", "jump"}:
            self._reopen()
            return self._navigation_to(name, target)
        if current is None:
            raise Refused(Reason.NOTHING, "NB.2.1-2")
        if name in {"continue", "previous"}:
            return self._navigation_by_flow(current, name)
        if name in {"exit", "abandon"} and not current.is_active:
            raise Refused(Reason.NOTHING, "NB.2.1-12")
        return name, "exit"

    def _navigation_by_flow(self, current: Activity, name: str) -> tuple[str, str]:
        if current.parent is None:
            raise Refused(Reason.NOTHING, "NB.2.1-6")
        if not current.parent.rules.flow:
            raise Refused(Reason.ORDER, "NB.2.1-4", current.parent)
        if name == "previous" and current.parent.rules.forward_only:
            raise Refused(Reason.FORWARD, "NB.2.1-5", current.parent)
        return ("exit" if current.is_active else ""), name

    def _navigation_to(self, name: str, target: str) -> tuple[str, str]:
        current, wanted = self.tree.current, self.tree.by_id.get(target)
        if wanted is None or wanted.parent is None:
            raise Refused(Reason.NOTHING, "NB.2.1-11")
        leaving = "exit" if current is not None and current.is_active else ""
        if name == "choice":
            self.check_leaving(wanted)
        elif current is None or not self.tree.is_there(target):
            raise Refused(Reason.NOTHING, "NB.2.1-16")
        return leaving, name

    def check_leaving(self, target: Activity) -> None:
        """Raise Refused where the learner may not choose there, or not leave the activity that is open."""
        if target.parent is not None and not target.parent.rules.choice:
            raise Refused(Reason.ORDER, "NB.2.1-10", target.parent)
        current = self.tree.current
        if current is None:
            return
        path = current.path
        for each in [*path[path.index(common(current, target)) + 1 :], current]:
            if each.is_active and not each.rules.choice_exit:
                raise Refused(Reason.UNFINISHED, "NB.2.1-8", each)

    def leave(self) -> bool:
        """End the activity that is open; say whether rules lead elsewhere then, whatever was asked for."""
        self._reopen()
        current = self.tree.current
        return current is not None and current.is_active and bool(self._terminate("exit"))

    def _reopen(self) -> None:
        """Let who chooses a lesson after the end go on with what there is; only "start" begins it all anew.

        The book has a new attempt at the whole here, which would shut again what a learner has opened.
        """
        root = self.tree.root
        if self.tree.current is None and root.attempts and not root.is_active:
            root.is_suspended = True

    # -- Termination requests (TB.2) ------------------------------------------------------------------
    def _terminate(self, name: str) -> str:
        """End what has to end, and return the sequencing request that rules put in place of the asked one."""
        handlers: dict[str, Callable[[], str]] = {
            "exit": self._exit,
            "exitAll": self._exit_all,
            "suspendAll": self._suspend_all,
            "abandon": self._abandon,
            "abandonAll": self._abandon_all,
        }
        return handlers[name]()

    @property
    def _current(self) -> Activity:
        assert self.tree.current is not None
        return self.tree.current

    def _exit(self) -> str:
        self._end_attempt(self._current)
        self._apply_exit_rules()
        while True:
            action = self._after()
            if action == "exitAll":
                return self._exit_all()
            if action == "retryAll":
                self._exit_all()
                return "retry"
            if action != "exitParent":
                if self._current.parent is None and action != "retry":
                    return "exit"
                return action
            if self._current.parent is None:
                raise Refused(Reason.NOTHING, "TB.2.3-4")
            self.tree.current = self._current.parent
            self._end_attempt(self._current)

    def _exit_all(self) -> str:
        if self._current.is_active:
            self._end_attempt(self._current)
        self._end_descendants(self.tree.root)
        self._end_attempt(self.tree.root)
        self.tree.current = self.tree.root
        action = self._after()
        return "retry" if action in {"retry", "retryAll"} else "exit"

    def _suspend_all(self) -> str:
        current = self._current
        if current.is_active or current.is_suspended:
            roll_up(self.tree, current)
            self.tree.suspended = current
        else:
            if current.parent is None:
                raise Refused(Reason.NOTHING, "TB.2.3-3")
            self.tree.suspended = current.parent
        for each in self.tree.suspended.path:
            each.is_active, each.is_suspended = False, True
        self.tree.current = self.tree.root
        return ""

    def _abandon(self) -> str:
        self._current.is_active = False
        return ""

    def _abandon_all(self) -> str:
        for each in self._current.path:
            each.is_active = False
        self.tree.current = self.tree.root
        return ""

    def _apply_exit_rules(self) -> None:
        """TB.2.1: what is above the activity may have to end as well."""
        for each in self._current.path[:-1]:
            if fired(self.tree, each, each.rules.leaving):
                self._end_descendants(each)
                self._end_attempt(each)
                self.tree.current = each
                return

    def _after(self) -> str:
        """TB.2.2: what rules say happens after an activity has ended."""
        if self._current.is_suspended:
            return ""
        rule = fired(self.tree, self._current, self._current.rules.after)
        return rule.action if rule else ""

    def _end_attempt(self, activity: Activity) -> None:
        """UP.4."""
        tree = self.tree
        if activity.is_leaf:
            if not activity.is_suspended:
                finish_silent(tree, activity)
        else:
            activity.is_suspended = any(child.is_suspended for child in activity.children)
        activity.is_active = False
        roll_up(tree, activity)
        if activity.children and not activity.is_suspended:
            self._draw(activity, "onEachNewAttempt")

    def _end_descendants(self, activity: Activity) -> None:
        """UP.3: end what lies between the current activity and this one, both left out."""
        if self.tree.current is None:
            return
        path = self._current.path
        above = common(self._current, activity)
        for each in reversed(path[path.index(above) + 1 : -1]):
            self._end_attempt(each)

    # -- Sequencing requests (SB.2.5 to SB.2.13) ------------------------------------------------------
    def _sequence(self, name: str, target: str) -> Activity | None:
        tree = self.tree
        if name == "exit":
            if self._current.parent is None:
                tree.current = None
            return None
        steps: dict[str, Callable[[], Activity | None]] = {
            "start": lambda: self._enter(tree.root),
            "resumeAll": lambda: tree.suspended,
            "choice": lambda: self._choose(tree.by_id[target]),
            "jump": lambda: tree.by_id[target],
            "retry": self._retry,
            "continue": lambda: self._flow(FORWARD),
            "previous": lambda: self._flow(BACKWARD),
        }
        return steps[name]()

    def _enter(self, activity: Activity) -> Activity:
        return activity if activity.is_leaf else flow(self.tree, activity, FORWARD, inside=True)

    def _retry(self) -> Activity:
        if self._current.is_active or self._current.is_suspended:
            raise Refused(Reason.NOTHING, "SB.2.10-2", self._current)
        return self._enter(self._current)

    def _flow(self, direction: Direction) -> Activity:
        parent = self._current.parent
        if parent is not None and not parent.rules.flow:
            raise Refused(Reason.ORDER, "SB.2.7-2", parent)
        return flow(self.tree, self._current, direction)

    def _choose(self, target: Activity) -> Activity | None:
        check_choice(self.tree, target)
        try:
            return self._enter(target)
        except Ended as ended:
            raise Refused(Reason.NOTHING, "SB.2.9-9", target) from ended

    # -- Delivery (DB.1.1, DB.2) ----------------------------------------------------------------------
    def _deliver(self, activity: Activity) -> None:
        tree = self.tree
        if not activity.is_leaf:
            raise Refused(Reason.NOTHING, "DB.1.1-1", activity)
        for each in activity.path:
            refuse_shut(tree, each, "DB.1.1-3")
        if tree.current is not None and tree.current.is_active and tree.current.is_leaf:
            raise Refused(Reason.UNFINISHED, "DB.2-1", tree.current)
        if tree.suspended is not activity:
            self._clear_suspended(activity)
        if tree.current is not None:
            self._end_descendants(activity)
        self.is_new_attempt = not activity.is_suspended
        for each in activity.path:
            if not each.is_active:
                self._begin_attempt(each)
        tree.current, tree.suspended = activity, None

    def _begin_attempt(self, activity: Activity) -> None:
        if activity.rules.is_tracked:
            if activity.is_suspended:
                activity.is_suspended = False
            else:
                activity.attempts += 1
                self.tree.forget(activity)
                if activity.parent is None and self.tree.forgets_shared:
                    self.tree.shared = {}
        activity.is_active = True

    def _clear_suspended(self, activity: Activity) -> None:
        """DB.2.1: clusters that were suspended and are not gone on with are so no longer."""
        suspended = self.tree.suspended
        if suspended is None:
            return
        path = suspended.path
        above = common(suspended, activity)
        for each in reversed(path[path.index(above) : -1]):
            each.is_suspended = any(child.is_suspended for child in each.children)
        self.tree.suspended = None

    # -- What is drawn (SR.1, SR.2) -------------------------------------------------------------------
    def _draw(self, activity: Activity, *timings: str) -> None:
        rules = activity.rules
        if rules.selects in timings and rules.select_count is not None:
            count = min(rules.select_count, len(activity.children))
            places = sorted(self._random.sample(range(len(activity.children)), count))
            activity.available = [activity.children[place] for place in places]
        if rules.randomizes in timings and rules.shuffles:
            self._random.shuffle(activity.available)
