"""Wording of welcomes: what does not survive being read alone, in a mail, a year later.

A welcome is cut out of a story and shown without it, so words that point back ("as I said above") point at nothing,
and "last year" is another year by then. Both are warnings: the writer decides.
"""

# ruff: noqa: E501 (phrases, a line for each kind)

from __future__ import annotations

import re
from functools import cache

POINTING_BACK = {
    "en": (
        r"as (?:i|we) (?:said|wrote|mentioned|described|explained)(?: (?:above|before|earlier|below))?",
        r"(?:mentioned|described|listed|shown|discussed|written|explained) (?:above|below|earlier)", r"see (?:above|below)",
        r"(?:click|tap|press) here", r"read (?:on(?=\s*[.!:…]|\s*$)|more(?=\s*[.!:…]|\s*$))", r"keep reading",
        r"(?:this|the above|the following) (?:story|article|essay|blog ?post|blog|post|page|interview|write-?up)",
    ),
    "de": (
        r"wie (?:oben|zuvor|bereits|vorhin|schon) (?:erwähnt|gesagt|beschrieben|geschrieben)", r"siehe (?:oben|unten)",
        r"(?:hier klicken|klick(?:e|t|en sie)? hier)", r"(?:weiterlesen|lies weiter|lesen sie weiter)",
        r"diese[mnrs]? (?:artikel|beitrag|beitrags|geschichte|blogpost|blog|text|interview)",
    ),
    "es": (
        r"como (?:dije|mencioné|he dicho|he mencionado|mencionamos|comenté)(?: (?:antes|arriba|anteriormente))?",
        r"(?:haz|haga|hacer) cli[ck] aquí", r"pincha aquí", r"(?:sigue|siga|seguir) leyendo", r"(?:leer|lee) más",
        r"(?:ver|véase|vea|mira) (?:abajo|más abajo|arriba|más arriba)",
        r"(?:esta (?:historia|entrada|publicación|entrevista)|este (?:artículo|texto|blog|relato))",
    ),
    "fr": (
        r"comme (?:je l['’]ai (?:dit|écrit|mentionné)|dit|mentionné|écrit)(?: (?:plus haut|ci-dessus|avant|précédemment))?",
        r"cliquez ici", r"cliquer ici", r"lire la suite", r"(?:voir|voyez) (?:ci-dessous|ci-dessus|plus bas|plus haut)",
        r"(?:cet article|ce (?:billet|texte|récit|blog)|cette (?:histoire|page|interview))",
    ),
    "pt": (
        r"como (?:eu )?(?:disse|mencionei|falei|escrevi|dito)(?: (?:acima|antes|anteriormente))?", r"clique aqui",
        r"(?:leia|ler) mais", r"(?:continue|continua) (?:lendo|a ler)", r"(?:ver|veja|vide) (?:abaixo|acima)",
        r"(?:est[ae]|ess[ae]|nest[ae]|ness[ae]|dest[ae]) (?:história|postagem|publicação|artigo|texto|post|blog|entrevista)",
    ),
    "it": (
        r"come (?:ho detto|detto|scritto|accennato)(?: (?:sopra|prima))?", r"clicca qui", r"continua a leggere",
        r"(?:vedi|vedere) (?:sotto|sopra)", r"(?:quest[ao] (?:storia|articolo|testo|post|pagina)|quest['’]articolo)",
    ),
    "uk": (
        r"як (?:я )?(?:вже )?(?:писа(?:в|ла)|каза(?:в|ла)|згадува(?:в|ла)|сказано|згадано) вище", r"(?:натисніть|клацніть) тут",
        r"див(?:іться|\.) (?:вище|нижче)", r"читайте далі", r"(?:ця (?:стаття|історія)|цій (?:статті|історії)|цей допис)",
    ),
    "ja": (r"この(?:記事|投稿|ブログ|物語|ページ)", r"こちらをクリック", r"ここをクリック", r"前述の?", r"上記の?", r"続きを読む"),
    "zh": (r"(?:点击|點擊)(?:这里|此处|這裡)", r"(?:如上|如前)所述", r"上文", r"(?:这|這|本)篇(?:文章|故事|博客)", r"(?:阅读|閱讀)全文"),
    "ar": (r"(?:انقر|اضغط) هنا", r"كما (?:ذكرت|قلت)(?: (?:أعلاه|سابقا|سابقًا))?", r"هذه (?:القصة|المقالة|الصفحة)", r"هذا المقال", r"اقرأ المزيد"),
}  # fmt: skip
_EN_UNITS = r"(?:days?|weeks?|months?|years?)"
RELATIVE_TIME = {
    "en": (
        r"yesterday", r"tomorrow", r"recently", r"the other day",
        r"(?<!the )(?:last|next) (?:week|month|year|summer|winter|spring|autumn|fall|night|weekend)",
        r"this (?:week|month|year|summer|winter|spring|autumn|fall|morning|weekend)",
        rf"(?:(?:a|an|one|two|three|four|five|six|ten|\d+|several|many|some)|a few|a couple of|almost a|just a|over a) {_EN_UNITS} ago",
    ),
    "de": (
        r"(?:vor)?gestern", r"kürzlich", r"neulich", r"heuer", r"letztens",
        r"(?:letzte[snm]?|vergangene[snm]?|vorige[snm]?|nächste[snm]?|kommende[snm]?) (?:jahr|monat|woche|sommer|winter|frühling|herbst)",
        r"(?:dieses jahr|diese woche|diesen monat|diesen sommer)",
        r"vor (?:\w+) (?:tagen|wochen|monaten|jahren)", r"vor (?:einem (?:jahr|monat)|einer woche)",
    ),
    "es": (
        r"ayer", r"anteayer", r"recientemente", r"hace poco", r"(?:año|mes|verano|invierno) pasado", r"semana pasada",
        r"este (?:año|mes|verano)", r"esta semana", r"hace (?:\w+) (?:días|semanas|meses|años)",
        r"hace un(?:a semana| mes| año)", r"(?:próxim[oa]|que viene) (?:año|mes|semana)", r"(?:año|mes|semana) que viene",
    ),
    "fr": (
        r"(?:avant-)?hier", r"récemment", r"(?:l['’](?:an|année|été|hiver)|le mois|la semaine) derni(?:er|ère)",
        r"cette (?:année|semaine)", r"ce mois-ci", r"il y a (?:\w+) (?:jours|semaines|mois|ans|années)",
        r"il y a un(?:e semaine| mois| an)", r"(?:l['’]année|le mois|la semaine) prochaine?",
    ),
    "pt": (
        r"(?:ante)?ontem", r"recentemente", r"há pouco tempo", r"(?:ano|mês|verão|inverno) passado", r"semana passada",
        r"(?:neste|este|nesse) (?:ano|mês)", r"(?:nesta|esta|nessa) semana", r"há (?:\w+) (?:dias|semanas|meses|anos)",
        r"(?:\w+) (?:dias|semanas|meses|anos) atrás", r"(?:ano|mês|semana) que vem", r"próxim[oa] (?:ano|mês|semana)",
    ),
    "it": (
        r"(?:l['’]altro )?ieri", r"di recente", r"recentemente", r"(?:l['’]anno|il mese|l['’]estate) scors[oa]",
        r"la settimana scorsa", r"quest['’]anno", r"questa settimana", r"(?:\w+) (?:giorni|settimane|mesi|anni) fa",
    ),
    "uk": (
        r"(?:поза)?вчора", r"нещодавно", r"торік", r"цьогоріч", r"(?:минулого|цього|наступного) (?:року|місяця|тижня|літа)",
        r"(?:\w+) (?:дні|днів|тижні|тижнів|місяці|місяців|роки|років) тому", r"(?:рік|місяць|тиждень) тому",
    ),
    "ja": (r"昨日", r"昨年", r"去年", r"先(?:月|週)", r"最近", r"来(?:年|月|週)", r"今(?:年|月|週)", r"[0-9０-９一二三四五六七八九十数]+(?:日|週間|か月|ヶ月|年)前"),
    "zh": (r"昨天", r"去年", r"今年", r"明年", r"上(?:个|個)?(?:月|周|星期)", r"最近", r"[0-9一二三四五六七八九十几幾]+(?:天|周|个月|個月|年)前"),
    "ar": (r"أمس", r"(?:العام|الشهر|الأسبوع) (?:الماضي|القادم)", r"مؤخر[ًا]+", r"هذا (?:العام|الشهر|الأسبوع)", r"قبل (?:يوم|أسبوع|شهر|سنة|عام)"),
}  # fmt: skip
UNSPACED = frozenset(("ja", "zh", "ko", "yue", "cmn", "wuu", "nan"))  # measured in characters
_NO_COUNT = frozenset(("th", "lo", "km", "my", "bo", "dz"))  # words without spaces, and no rule for characters


@cache
def _pattern(kind: str, language: str) -> re.Pattern[str] | None:
    """What finds phrases in lower case: five times as fast as to search for letters in either."""
    phrases = (POINTING_BACK if kind == "pointing" else RELATIVE_TIME).get(language)
    if phrases is None:
        return None
    body = "|".join(f"(?:{phrase})" for phrase in phrases)
    if language in ("ja", "zh"):
        return re.compile(body)
    return re.compile(rf"(?<![\w-])(?:{body})(?![\w-])")


def find_pointing(text: str, language: str) -> str:
    """The first words that point at text that is not there; empty where there are none."""
    return _find("pointing", text, language)


def find_relative_time(text: str, language: str) -> str:
    """The first words that mean another time on another day; empty where there are none."""
    return _find("time", text, language)


def _find(kind: str, text: str, language: str) -> str:
    pattern = _pattern(kind, language.split("-")[0].casefold())
    if pattern is None:
        return ""
    lowered = text.lower()
    match = pattern.search(lowered)
    if match is None:
        return ""
    # a few letters are longer in lower case; the words are then told in it
    return text[match.start() : match.end()] if len(lowered) == len(text) else match[0]


def length_fault(text: str, language: str, low: int, high: int) -> str:
    """Why a text is too short or too long, in words, or characters where words have no spaces; empty where it fits.

    `low` and `high` count words; characters are the contract's 110 to 170 for 60 to 90 words, in proportion.
    """
    base = language.split("-")[0].casefold()
    if base in _NO_COUNT:
        return ""
    if base in UNSPACED:
        length = sum(1 for character in text if not character.isspace())
        low, high, unit = round(low * 110 / 60), round(high * 170 / 90), "characters"
    else:
        length, unit = count_words(text), "words"
    if length < low:
        return f"It has {length} {unit}, and {low} to {high} read well."
    if length > high:
        return f"It has {length} {unit}, and {low} to {high} are read to the end."
    return ""


_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_MARKUP = re.compile(r"\]\([^)]*\)|https?://\S+")


def count_words(text: str) -> int:
    """How many words a Markdown text has; addresses count as none."""
    return len(_WORD.findall(_MARKUP.sub("]", text) if "](" in text or "://" in text else text))
