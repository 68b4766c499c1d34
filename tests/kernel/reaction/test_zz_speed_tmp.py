import asyncio, time, resource
from uuid import uuid4, UUID
from tests.parcels.log import Log, publish
from tests.services.sales.deciding import recorded, line
from tests.kernel.reaction.test_reactor import reacting, taken
from tests.kernel.reaction.test_sending import Handler
from kernel.reaction import positions
from services.sales.reactions import ATTRIBUTE_PURCHASE as R
from kernel.database import connect_pool
from kernel.vault.vault import Vault
from kernel.log.topics import ensure_topic, topic
import pytest
from kernel.reaction.process import Reactor
from kernel.reaction.sending import Sender
from kernel.web.service import Service
from services.sales.commands import AttributePurchase

@pytest.mark.parametrize("named",[True,False])
@pytest.mark.timeout(300)
async def test_speed(settings, named):
    pool = await connect_pool(settings,"sales_log",max_size=5)
    vault = await Vault.open(settings)
    await ensure_topic(settings, topic(settings,"contacts",1))
    log=Log()
    N=40000 if named else 20000
    l=[line(name="Bananas",brand="National",category="TROPICAL FRUIT",manufacturer="2",discounts=[{"kind":"loyalty","amount":"0.5"}]) for _ in range(9)]
    cards=[{"kind":"loyalty-card","digest":f"{n:032x}"} for n in range(2000)]
    for n in range(N):
        kw={"contact_id":str(UUID(int=n%1000+1))} if named else {"identifier":cards[n%2000]}
        (e,)=recorded(*l,**kw)
        log.append(uuid4(), e)
    await publish(settings, log.facts)
    handler=Handler()
    sender=Sender(pool,handler,[AttributePurchase])
    reactor=Reactor(settings, Service("sales",(),(R,)),pool,vault,sender)
    from kernel.garbage import collect_rarely; collect_rarely()
    t0=time.time(); c0=time.process_time()
    tasks=[asyncio.create_task(reactor.work()), asyncio.create_task(sender.work())]
    first=None
    while True:
        await asyncio.sleep(0.05)
        h=await positions.every(pool,R)
        n=sum(p.head("sales").position for p in h.values())
        if n and first is None: first=(time.time(),n)
        if n>=N: break
    dt=time.time()-first[0]
    print("named",named,"events/s", (N-first[1])/dt, "cpu s", time.process_time()-c0, "wall", time.time()-t0, first[1])
    tasks[0].cancel(); sender.stopping.set(); sender.wake.set(); await asyncio.wait(tasks)
    await pool.close(); await vault.close()
