"""Subscribing: the ways from a calendar feed into people's calendar apps, as addresses a page can link to.

A feed's address in, one link a way out. A link is all there is: nothing is asked of Google or Microsoft before somebody
presses one. Neither documents its address; these are the forms that projects with many users found to work, and say so:

- `webcal:` (provisional in IANA's list of schemes) opens what the device has for it: Apple Calendar, Thunderbird,
  Evolution, ICSx5. An Android phone has nothing of its own (PlaceCal), and the new Outlook for Windows loses the scheme
  on the way (ASAP Hub), so it is never the only way.
- Google: `calendar/r?cid=` with the feed's `webcal:` address, as the add-to-calendar-button project has it. An `https:`
  address is taken for the mail address of a calendar, and not found (Calagator, JEvents). The phone apps add no feed.
- Outlook: `calendar/0/addfromweb` with `url` and `name`, on one host for private accounts and on another for those of
  work and school (add-to-calendar-button); without the `0` the second parameter may be lost. `https:` fills its form.
- All others (Proton, Fastmail, Nextcloud, Yahoo, ...) have a field for an address and no link: `address` is for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

_GOOGLE = "https://calendar.google.com/calendar/r"
_OUTLOOK = "https://outlook.live.com/calendar/0/addfromweb"
_OUTLOOK_WORK = "https://outlook.office.com/calendar/0/addfromweb"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeLinks:
    """The ways into one calendar. All but `path` are absolute, and empty where the site's own address is unknown."""

    path: str  # of the file, below the site's root
    address: str = ""  # of the file, for apps with a field for it
    webcal: str = ""  # opens the calendar app of a device
    google: str = ""  # Google Calendar, asking whether to add it
    outlook: str = ""  # Outlook.com
    outlook_work: str = ""  # Outlook at work or school (Microsoft 365)


def subscribe_links(site_url: str, feed_path: str, name: str) -> SubscribeLinks:
    """Every way to subscribe to the calendar at `feed_path` ("feeds/groups/docs-berlin.ics") of the site `site_url`.

    `site_url` ends with a slash, or is empty. `name` is what Outlook proposes to call it; others read that in the feed.
    """
    if not site_url.startswith(("http://", "https://")):
        return SubscribeLinks(path=feed_path)
    address = site_url + quote(feed_path)
    webcal = f"webcal:{address.partition(':')[2]}"
    outlook = urlencode({"url": address, "name": name}, quote_via=quote, safe="")
    return SubscribeLinks(
        path=feed_path,
        address=address,
        webcal=webcal,
        google=f"{_GOOGLE}?{urlencode({'cid': webcal}, quote_via=quote, safe='')}",
        outlook=f"{_OUTLOOK}?{outlook}",
        outlook_work=f"{_OUTLOOK_WORK}?{outlook}",
    )
