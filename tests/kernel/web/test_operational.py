"""What operators ask: alive, ready, and figures."""

import asyncio

import httpx
import pytest

from kernel import metrics
from kernel.settings import Settings
from kernel.web.operational import Readiness, serve_operational
from ops.local import ports


async def asked(ready, *paths):
    port = ports.automatic()["worker"]
    async with serve_operational(Settings(), port, ready), httpx.AsyncClient() as http:
        return [await http.get(f"http://127.0.0.1:{port}{path}") for path in paths]


async def test_alive_ready_and_figures():
    metrics.show(metrics.WAITING)

    async def ready():
        metrics.RELAY_LAG_EVENTS.set(7)
        return Readiness(degraded={"kafka": "away"}, details={"lag": {"relay": 7}})

    alive, able, figures, nothing = await asked(ready, "/healthz", "/readyz", "/metrics", "/nothing")
    assert alive.json() == {"alive": True}
    assert able.status_code == 200
    assert able.json() == {"ready": True, "failing": {}, "degraded": {"kafka": "away"}, "lag": {"relay": 7}}
    assert "rapport_relay_lag_events 7.0" in figures.text
    assert nothing.status_code == 404


async def test_figures_are_brought_up_to_date_when_they_are_asked_for():
    metrics.show(metrics.WAITING)
    lag = iter((3, 4))

    async def ready():
        metrics.RELAY_LAG_EVENTS.set(next(lag))
        return Readiness()

    first, second = await asked(ready, "/metrics", "/metrics")
    assert "rapport_relay_lag_events 3.0" in first.text
    assert "rapport_relay_lag_events 4.0" in second.text


@pytest.mark.parametrize("error", [None, RuntimeError("secret")])
async def test_not_ready_is_503_and_says_why(error):
    async def ready():
        if error:
            raise error
        return Readiness(failing={"database": "away"})

    [able] = await asked(ready, "/readyz")
    assert (able.status_code, able.json()["ready"]) == (503, False)
    assert able.json()["failing"] == ({"readiness": "RuntimeError"} if error else {"database": "away"})


async def test_a_check_that_hangs_is_not_ready(monkeypatch):
    monkeypatch.setattr("kernel.web.operational.READY_WITHIN", 0.1)

    async def ready():
        await asyncio.Event().wait()

    [able] = await asked(ready, "/readyz")
    assert able.status_code == 503


async def test_alive_does_not_ask_whether_it_is_ready():
    async def ready():
        raise AssertionError

    [alive] = await asked(ready, "/healthz")
    assert alive.status_code == 200
