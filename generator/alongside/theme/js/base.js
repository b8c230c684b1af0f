/* What MkDocs' search needs to know: where the site's root is, from the page that asked. */
window.base_url = document.currentScript.getAttribute("data-base") || ".";
