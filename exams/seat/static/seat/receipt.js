// On the receipt the sitting is over: this device forgets the paper and the answers.

if ("caches" in self) caches.delete("seat");
if ("indexedDB" in self) indexedDB.deleteDatabase("seat");
