// Pages that say one thing: keep the place in the document, and forget counted redirects.

const start = document.getElementById("start");
if (start instanceof HTMLAnchorElement && location.hash) start.hash = location.hash;

const address = new URL(location.href);
if (address.searchParams.has("redirects")) {
  address.searchParams.delete("redirects");
  history.replaceState(null, "", address);
}
