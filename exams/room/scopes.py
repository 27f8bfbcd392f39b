"""How far an action or a view reaches: one room, one centre, or the whole round."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet
from django.urls import reverse

from exams.registration.models import Centre, Placement, Room, Round


@dataclass(frozen=True)
class Scope:
    """A round, or what of it lies in one centre or one room. A scope with a room names its centre too."""

    round: Round
    centre: Centre | None = None
    room: Room | None = None

    @property
    def target(self) -> Round | Centre | Room:
        """The narrowest thing that the scope names."""
        return self.room or self.centre or self.round

    @cached_property
    def keys(self) -> list[int]:
        """The primary keys that addresses of this scope carry."""
        target = [self.target.pk] if self.centre else []
        return [self.round.pk, *target]

    @property
    def name(self) -> str:
        """What a page calls the scope."""
        if self.room and self.centre:
            return f"{self.centre.name} · {self.room.name}"
        return str(self.target)

    def url(self, name: str, *args: object) -> str:
        """Return the address of a page that exists for rooms, centres and rounds: ``room-act`` and so on."""
        kind = "room" if self.room else "centre" if self.centre else "round"
        return reverse(f"room:{kind}{'-' if name else ''}{name}", args=[*self.keys, *args])

    def placements(self) -> QuerySet[Placement]:
        """Return the placements of the round that lie in this scope."""
        found = Placement.objects.filter(round=self.round)
        if self.room:
            return found.filter(seat__room=self.room)
        return found.filter(seat__room__centre=self.centre) if self.centre else found
