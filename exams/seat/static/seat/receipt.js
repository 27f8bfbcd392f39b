// On the receipt the sitting is over: this device forgets its paper, its key and its answers, and nobody
// else's.

import { Kept } from "./kept.js";
import { Outbox } from "./outbox.js";
import { openStore } from "./store.js";

const sitting = Number(location.pathname.split("/")[2]);
if ("caches" in self) {
  const cache = await caches.open("seat");
  await cache.delete(location.pathname, { ignoreVary: true, ignoreSearch: true });
}
const database = await openStore();
const outbox = new Outbox(database);
await outbox.remove(await outbox.read(sitting));
await new Kept(database, sitting).forget();
document.documentElement.dataset.forgotten = "";
