// The last classic script of every host page; the embed's module script runs after it.
if (!probe.names.length) probe.names = Object.getOwnPropertyNames(window);
