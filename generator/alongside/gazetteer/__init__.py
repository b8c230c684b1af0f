"""The gazetteer: place names to coordinates and zones, and back.

Ground floor: it imports nothing of alongside, and reads one file of its own, opened at the first question.

    >>> locate("Recife, Brazil").found.zone
    'America/Recife'
"""

from alongside.gazetteer.points import nearest_city
from alongside.gazetteer.records import Located, Outcome, Precision
from alongside.gazetteer.searches import country_name, locate, locate_country, locate_region

__all__ = [
    "Located",
    "Outcome",
    "Precision",
    "country_name",
    "locate",
    "locate_country",
    "locate_region",
    "nearest_city",
]
