// On the receipt the sitting is over: this device forgets its paper and its answers, and nobody else's.

import { Outbox } from "./outbox.js";

const sitting = Number(location.pathname.split("/")[2]);
if ("caches" in self) {
  const cache = await caches.open("seat");
  await cache.delete(location.pathname, { ignoreVary: true });
}
const outbox = new Outbox();
await outbox.open();
await outbox.remove(await outbox.read(sitting));
document.documentElement.dataset.forgotten = "";
