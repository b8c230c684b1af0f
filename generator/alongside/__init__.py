"""Community, alongside every step: members' own words compiled into pages, embeds, mail and calendar feeds.

The house is the road the data takes, top floor last: author files (`source`) -> community model (`reading`, `model`)
-> matches (`matching`) -> plan (`planning`) -> rendered artifacts (`rendering`) -> delivered mail (`delivery`).
"""

__version__ = "0.1.0"
