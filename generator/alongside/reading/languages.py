"""Language tags (BCP 47) as authors write them: which are real, and what was meant by those that are not."""

from __future__ import annotations

import re

from alongside.problems import nearest

# ISO 639-1, and living languages without a two-letter code that communities write in.
CODES = frozenset(
    (
        "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz "
        "ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik "
        "io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml "
        "mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd "
        "se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi "
        "vo wa wo xh yi yo za zh zu ace acm ady aeb ain ajp alt ang apc apd arc arn ars ary arz ast awa ban bar "
        "bem ber bho bik bin brx bug bua cak ceb chr chy ckb cmn cnr crh csb dak din doi dsb dyu efi eml fil fon "
        "frp frr fur gag gan gaa gcf gil gom gor gsw guc hak haw hil hmn hne hsb hsn hup iba ilo inh jam jbo kaa "
        "kab kac kam kbd kbp kea kek kha kmb kmr koi kok krc krl ksh kum lad lez lij lkt lld lmo ltg lua luo lus "
        "mad mag mai mak mam mas mdf men mer mfe mhr min mni moh mos mrj mus mwl myv nah nan nap nds new nhn nia "
        "niu nov nqo nso nyn olo oss pag pam pap pau pcd pcm pdc pfl pms pnb prs quc rap rar rcf rom rue rup sah "
        "sat scn sco sdc sgs shi shn sma smj smn sms snk srn srr sus syr szl tcy tem tet tig tiv tkl tok tpi tum "
        "tvl tyv tzm udm umb vai vec vep vls vot vro war was wuu xal xmf yap yua yue zap zea zgh zun zza"
    ).split()
)
NAMES = {
    "english": "en", "deutsch": "de", "german": "de", "french": "fr", "français": "fr", "francais": "fr",
    "spanish": "es", "español": "es", "espanol": "es", "castellano": "es", "portuguese": "pt", "português": "pt",
    "portugues": "pt", "brazilian portuguese": "pt-BR", "italian": "it", "italiano": "it", "dutch": "nl",
    "nederlands": "nl", "polish": "pl", "polski": "pl", "czech": "cs", "čeština": "cs", "slovak": "sk",
    "ukrainian": "uk", "українська": "uk", "russian": "ru", "русский": "ru", "greek": "el", "ελληνικά": "el",
    "turkish": "tr", "türkçe": "tr", "arabic": "ar", "العربية": "ar", "hebrew": "he", "עברית": "he",
    "persian": "fa", "farsi": "fa", "فارسی": "fa", "urdu": "ur", "hindi": "hi", "हिन्दी": "hi", "bengali": "bn",
    "tamil": "ta", "telugu": "te", "marathi": "mr", "japanese": "ja", "日本語": "ja", "chinese": "zh", "中文": "zh",
    "mandarin": "zh", "korean": "ko", "한국어": "ko", "vietnamese": "vi", "thai": "th", "indonesian": "id",
    "malay": "ms", "swedish": "sv", "svenska": "sv", "danish": "da", "dansk": "da", "norwegian": "no", "norsk": "no",
    "finnish": "fi", "suomi": "fi", "hungarian": "hu", "magyar": "hu", "romanian": "ro", "bulgarian": "bg",
    "serbian": "sr", "croatian": "hr", "catalan": "ca", "català": "ca", "basque": "eu", "galician": "gl",
    "swahili": "sw", "yoruba": "yo", "irish": "ga", "welsh": "cy", "esperanto": "eo",
}  # fmt: skip
# Country codes that are often written for the language; "br", "se", "ee" and "gr" are languages or nothing at all.
_COUNTRIES = {"jp": "ja", "cn": "zh", "gr": "el", "cz": "cs", "dk": "da", "ua": "uk", "kr": "ko", "eng": "en",
              "ger": "de", "deu": "de", "fra": "fr", "fre": "fr", "spa": "es", "por": "pt", "ita": "it", "jpn": "ja",
              "zho": "zh", "chi": "zh", "ukr": "uk", "rus": "ru", "ara": "ar", "nld": "nl", "us": "en-US",
              "gb": "en-GB", "at": "de-AT", "mx": "es-MX"}  # fmt: skip
_TAG = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|[0-9]{3}))?(?:-([A-Za-z0-9]{5,8}))?")


def parse_language(text: str) -> str | None:
    """A tag in its usual spelling (`pt-BR`, `zh-Hant-TW`), or None where it is no language."""
    match = _TAG.fullmatch(text.strip())
    if match is None or match[1].lower() not in CODES:
        return None
    language, script, region, variant = match.groups()
    parts = [language.lower()]
    if script:
        parts.append(script.title())
    if region:
        parts.append(region.upper())
    if variant:
        parts.append(variant.lower())
    return "-".join(parts)


def meant_language(text: str) -> str | None:
    """The code that was certainly meant: `English` and `eng` are `en`, `pt_BR` is `pt-BR`."""
    folded = text.strip().casefold()
    if folded in NAMES:
        return NAMES[folded]
    if len(folded) == 3 and folded in _COUNTRIES:  # ISO 639-2; the codes of two letters are countries
        return _COUNTRIES[folded]
    return parse_language(folded.replace("_", "-"))


def propose_language(text: str) -> str | None:
    """The code that was probably meant: as above, and `jp` is `ja`."""
    folded = text.strip().casefold()
    certain = meant_language(folded)
    if certain is not None:
        return certain
    if folded in _COUNTRIES:
        return _COUNTRIES[folded]
    word = nearest(folded, NAMES) if len(folded) >= 4 else None
    return NAMES[word] if word is not None else None
