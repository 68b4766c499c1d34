"""How a question names the time that it is asked about."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lib.times import Time

AsOf = Annotated[Time, Field(description="What the log knew then, by recorded time; omitted: now.")]
