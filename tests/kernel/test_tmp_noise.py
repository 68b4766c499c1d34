import asyncio, json, collections
from pathlib import Path
from tests.kernel.log.broker import Broker
from kernel.vault.keys import make_keys
async def test_noise(database, processes, tmp_path):
    make_keys(Path(database.keys)) if not Path(database.keys).exists() else None
    b = Broker(tmp_path/"kafka"); await b.start()
    s = database.model_copy(update={"kafka": b.bootstrap})
    for x in ("contacts","sales"): processes.start("relay", x, settings=s)
    processes.start("worker", settings=s); processes.start("react","sales",settings=s)
    await asyncio.sleep(12)
    b.kill()
    await asyncio.sleep(20)
    await b.start()
    await asyncio.sleep(8)
    b.kill()
    await asyncio.sleep(8)
    for f in sorted(tmp_path.glob("*.log")):
        c=collections.Counter()
        for l in f.read_text().splitlines():
            try: d=json.loads(l); c[(d["level"],d["logger"],d["message"][:80],d.get("reason"))]+=1
            except Exception: c[("raw",l[:100])]+=1
        print("=====",f.name)
        for k,v in c.most_common(12): print(v,k)
