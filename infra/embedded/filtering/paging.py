"""A log group's events in order of time, whatever stream they are in, page by page.

Events of one time come in the order of their writing. A page's token names the last event of the page, so
what is written between two pages neither shifts nor repeats what follows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from infra.embedded.filtering.terms import Test

PAGE_BYTES = 1024 * 1024
PAGE_EVENTS = 10_000

Place = tuple[int, int, str, int]
"""Where an event stands: its time (ms), its number, its stream, its number in the stream."""


class InvalidToken(Exception):
    """A token that no page of this log group had."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: times in ms, both inside; `forward` from the oldest on; `after` a place."""

    matches: Test
    start: int
    end: int | None
    limit: int = PAGE_EVENTS
    forward: bool = True
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An event where it stands."""

    place: Place
    event: Any

    def described(self) -> dict[str, Any]:
        """Return the event as the API shows it; its id has 56 digits."""
        timestamp, number, stream, index = self.place
        return {
            "logStreamName": stream,
            "timestamp": timestamp,
            "message": self.event.message,
            "ingestionTime": self.event.ingestion_time,
            "eventId": f"{timestamp:014d}{number:014d}{crc32(stream.encode()):010d}{index:018d}",
        }


@dataclass(frozen=True, slots=True)
class Page:
    """Events, and where the page ends if there are more."""

    events: list[Found]
    last: Place | None


def page(streams: Sequence[Any], search: Search) -> Page:
    """Return one page: as many events as the limit and 1 MB allow, at least one."""
    events: list[Found] = []
    size = 0
    for found in _matching(streams, search):
        size += len(found.event.message.encode(errors="surrogatepass"))
        if len(events) == search.limit or (events and size > PAGE_BYTES):
            return Page(events, events[-1].place)
        events.append(found)
    return Page(events, None)


def _matching(streams: Sequence[Any], search: Search) -> Iterator[Found]:
    candidates = [found for stream in streams for found in _inside(stream, search)]
    candidates.sort(key=lambda found: found.place, reverse=not search.forward)
    return (found for found in candidates if search.matches(found.event.message))


def _inside(stream: Any, search: Search) -> Iterator[Found]:
    """Yield a stream's events inside the window and behind the last page."""
    start, end, after, name = search.start, search.end, search.after, stream.log_stream_name
    for index, event in enumerate(stream.events[:]):
        if event.timestamp < start or (end is not None and event.timestamp > end):
            continue
        place = (event.timestamp, event.event_id, name, index)
        if after is None or (place > after if search.forward else place < after):
            yield Found(place, event)


def token(group: str, place: Place, *, forward: bool) -> str:
    """Return the token for what follows a place."""
    return base64.urlsafe_b64encode(json.dumps([group, forward, *place]).encode()).decode()


def read_token(text: str, group: str) -> tuple[Place, bool]:
    """Return a token's place and direction. Raises InvalidToken."""
    try:
        named, forward, timestamp, number, stream, index = json.loads(base64.urlsafe_b64decode(text))
        place = (int(timestamp), int(number), str(stream), int(index))
    except (ValueError, TypeError):
        raise InvalidToken(text) from None
    if named != group:
        raise InvalidToken(text)
    return place, bool(forward)
