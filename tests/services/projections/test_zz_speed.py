import asyncio, sys, time, random, statistics
sys.path.insert(0,'/work/main')
import pytest
from kernel.database import connect_pool, read_as
from kernel.web.inquiry import Inquiry
from kernel.web.access import Caller, Role
from services.projections.customers.directory.query import SEARCH, CustomersAsked
from services.projections.customers.directory import finding
from tests.services.projections.crowd import *
from lib.identifiers import Identifier
@pytest.mark.timeout(600)
async def test_speed(database):
    log = await connect_pool(database, "projections_log", max_size=1)
    t=time.perf_counter()
    async with log.acquire() as db: await fill(db)
    print("filled", time.perf_counter()-t)
    readers = await connect_pool(database, "projections_app", max_size=1)
    dice = random.Random(3)
    crowd=list(people(2000))
    def asks():
        p=dice.choice(crowd)
        yield "1 letter", dict(words=p.given[:1])
        yield "2 letters", dict(words=p.family[:2])
        yield "3 letters", dict(words=p.given[:3])
        yield "full given", dict(words=p.given)
        yield "family", dict(words=p.family)
        yield "two words", dict(words=f"{p.given[:3]} {p.family[:4]}")
        yield "two short", dict(words=f"{p.given[:1]} {p.family[:1]}")
        yield "nothing", dict(words=f"{p.given[:2]} xyzzy"[:30])
        yield "no such 2nd", dict(words=f"{p.given[:1]} q")
        yield "email", dict(identifier=Identifier(kind="email",value=p.identifiers[0].value))
        yield "owner", dict(owner_id=p.owner_id)
        yield "team", dict(team_id=p.team_id)
        yield "team+w", dict(team_id=p.team_id, words=p.given[:2])
        yield "owner+w none", dict(owner_id=p.owner_id, words="xyz")
        yield "all", dict()
    for phase in ("fresh","analyzed"):
        seen={}
        for r in range(30):
            for name, a in asks():
                t=time.perf_counter()
                async with read_as(readers, ORG) as db:
                    inq=Inquiry(db, Caller(ORG,"a",Role.AGENT), None, bytes(64))
                    page=await SEARCH.handler(inq, CustomersAsked(**a))
                seen.setdefault(name,[]).append((time.perf_counter()-t)*1000)
        for n,v in seen.items():
            v.sort(); print(f"{phase:9} {n:12} p50 {v[len(v)//2]:7.2f} p95 {v[int(len(v)*.95)]:7.2f} max {v[-1]:7.2f}")
        allv=sorted(x for v in seen.values() for x in v); print(phase,"all p50",allv[len(allv)//2],"p95",allv[int(len(allv)*.95)])
        import asyncpg
        owner=await asyncpg.connect(database.dsn["projections_owner"], server_settings={"search_path":"projections"})
        await owner.execute("ANALYZE"); await owner.close()
    async with read_as(readers, ORG) as db:
        for sql,args in ((finding.ALONG_WORDS.format(terms="person__v1_term"),("an",finding.NO_CONTACT,"an"+finding.END,("an",),51)),
                         (finding.ALONG_NAMES.format(table="person__v1",narrowed=" AND owner_id = $5"),("",finding.NO_CONTACT,(),51,owner_id(3)))):
            for row in await db.fetch("EXPLAIN (ANALYZE, COSTS OFF, BUFFERS) "+sql,*args): print(row[0])
    await readers.close(); await log.close()
