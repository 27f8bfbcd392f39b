"""Whether H5P content says that somebody has finished it, told from its main library's scripts.

Content of a library that never says so would stay open for ever; its learner marks it as done instead.
"""

import re
from collections.abc import Callable, Iterable

from courses.packages.package import Library

# A verb that ends an exercise, or a function of H5P's core that sends one.
_ENDING = re.compile(
    rb"triggerXAPI(?:Scored|Completed)|[\"'`](?:completed|answered|passed|failed|mastered)[\"'`]"
    rb"|verbs/(?:completed|answered|passed|failed|mastered)"
)
# These end when the exercises in them do, and never where they hold none.
HOLDERS = frozenset({"H5P.Column"})
# These show something. The scripts of some know a verb that they say for a part, or only of some contents.
SHOWING = frozenset(
    f"H5P.{name}"
    for name in (
        "Accordion",
        "AdvancedText",
        "Agamotto",
        "Audio",
        "AudioRecorder",
        "Chart",
        "Collage",
        "CornellNotes",
        "Cornell",
        "Dialogcards",
        "DocumentationTool",
        "GuessTheAnswer",
        "IFrameEmbed",
        "Image",
        "ImageHotspots",
        "ImageJuxtaposition",
        "ImageSlider",
        "ImpressPresentation",
        "InfoWall",
        "InformationWall",
        "Link",
        "Table",
        "Text",
        "ThreeImage",
        "Timeline",
        "TwitterUserFeed",
        "Video",
    )
)


_Scripts = Callable[[Library], Iterable[bytes]]


def is_silent(main: Library, parts: Iterable[Library], scripts: _Scripts) -> bool:
    """Say whether content never tells that it is finished; of a library without scripts that is not said.

    `parts` are the libraries that it names inside; `scripts` gives the texts of a library's own scripts.
    """
    if main.name in SHOWING:
        return True
    if main.name in HOLDERS:
        return not any(_names_an_end(scripts(part)) for part in parts if part.name not in HOLDERS | SHOWING)
    texts = list(scripts(main))
    return bool(texts) and not _names_an_end(texts)


def _names_an_end(texts: Iterable[bytes]) -> bool:
    return any(_ENDING.search(text) for text in texts)
