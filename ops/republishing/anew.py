"""Views made anew because they show what a restored log does not hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from kernel.failpoints import failpoint
from kernel.log.halt import halted
from kernel.settings import SERVICES, Settings
from kernel.view.building import beside
from kernel.view.versions import LOST
from ops.advance import Say
from ops.rebuilding.command import Wish, rebuilt
from ops.rebuilding.running import owning
from ops.republishing.schemas import Schemas
from services.projections.app import VIEWS

SWITCHED = Wish(switch=True)


@dataclass
class Made:
    """Versions that are read now in place of lost ones, and views that wait for another service's topic."""

    versions: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


async def make_anew(settings: Settings, schemas: Schemas, service: str, say: Say) -> Made:
    """Builds, switches to and drops; what was broken off goes on. Raises CannotRun."""
    made = Made()
    stopped = {name for name in SERVICES if await halted(schemas.pools[name])}
    for lost in await schemas.versions(service, LOST):
        view = next(view for view in VIEWS if view.name == lost.view)
        if lost.live and stopped & view.services:
            made.waiting.append(view.name)
            continue
        if lost.live:
            say(f"{lost.name} shows what the log no longer holds: {view.name} is made anew")
            made.versions.append((await rebuilt(settings, view, SWITCHED, say))["live"])
        failpoint("republish.switched")
        async with owning(settings, view) as owner:
            await beside.drop(owner, view, lost.name)
    return made
