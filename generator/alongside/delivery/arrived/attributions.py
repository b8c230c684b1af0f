"""The lines in which mail programs say whose words follow, in the languages of their users.

    On Mon, 23 Nov 2026 at 10:00, Ana <ana@example.org> wrote:
    Am 23.11.26 um 10:00 schrieb Ana:
    2026年11月23日(月) 10:00 Ana <ana@example.org>:
    -----Original Message-----
    Von: Ana ... Gesendet: ... An: ... Betreff: ...

All is matched against one line, or a few that a program wrapped, of bounded length.
"""

from __future__ import annotations

import re
from typing import Literal

LONGEST_LINE = 400  # characters of a line that are looked at
MOST_LINES = 4  # that one attribution is wrapped over
LONGEST = 600  # characters of a whole attribution

_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|schreibt|geschrieben|escribi[óo]|escribe|a\s+écrit|écrit|écrivait|escreveu"
    r"|ha\s+scritto"
    r"|scrisse|schreef|heeft\s+geschreven|geschreven|skrev|skreiv|kirjoitti|napisał(?:\(a\)|a)?|pisze|nadesłał"
    r"|napsal(?:\(a\)|a)?|napísal(?:\(a\)|a)?|píše|je\s+napisa[ol](?:\(la\)|la)?|написа(?:л\(а\)|ла|л|в|ла)?"
    r"|пишет|пише|je\s+napisala|ezt\s+írta|írta|a\s+scris|έγραψε|şunu\s+yazdı|yazdı|đã\s+viết|menulis|va\s+escriure"
    r"|kirjutas|rakstīja|rašė|skrifaði|idatzi\s+du|escribiu|scripsit)\b"
    r"|写道|寫道|寫了|写了|написав|님이\s*(?:작성|쓴)|작성|のメール|さんは書きました|が書いた|كتب|تمت\s+كتابة"
    r"|כתב|مأת|נכתב|ने\s+लिखा|เขียน(?:ว่า)?|نوشت",
    re.IGNORECASE,
)
# How it begins where the verb stands elsewhere.
_OPENER = re.compile(
    r"^[\s*_>\"'«-]{0,8}(?:on|at|am|le|el|em|no\s+dia|a|il|op|den|dne|dnia|w\s+dniu|kl|på|pe|la|în|ve|στις|"
    r"в|во|от|at|pada|vào|no|mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|mié|jeu|jue|ven|vie|sam|sáb|dim|dom|mo"
    r"|di|mi|do|fr|sa|so"
    r"|пн|вт|ср|чт|пт|сб|нд|вс|pon|wt|śr|czw|pt|sob|niedz|ma|ti|ke|to|pe|la|su|man|tir|ons|tor|fre|lør|søn"
    r"|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|from|from:)\b"
    r"|^[\s*_>\"'-]{0,8}(?:في|בתאריך|ב-|于|在|於|\d)",
    re.IGNORECASE,
)
_TIME = re.compile(r"\b\d{1,2}[:.h時点시]\s?\d{2}|\d{1,2}\s?(?:am|pm)\b|时|時", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d|[\d٠-٩۰-۹]{1,2}[./-][\d٠-٩۰-۹]{1,2}[./-][\d٠-٩۰-۹]{2,4}|[٠-٩۰-۹०-९]{4}")
_ADDRESS = re.compile(r"[^\s@<>]{1,80}@[^\s@<>]{2,80}")
_DIGIT_OR_AT = re.compile(r"[\d@]")
_CJK_STAMP = re.compile(r"\d{4}\s?[年년/.-]\s?\d{1,2}\s?[月월/.-]\s?\d{1,2}\s?[日일]?")
# Forms that end in no colon: of older Gmail, and of Zoho.
_STAMP = re.compile(
    r"^\d{4}-\d{2}-\d{2} \d{1,2}:\d{2} GMT[+-]\d{2}:\d{2} .{1,200}$|^\d{4}[/-]\d{1,2}[/-]\d{1,2}"
    r" .{1,200}<[^<>\s]{1,80}@[^<>\s]{1,80}>:?$"
    r"|^-{2,8} ?On .{10,300} wrote ?-{2,8}$"
)
_COLON = re.compile(r"[:：][\s*_\"'”>‏‎]{0,6}$")

# How sure it is that words of another begin: "sure" whatever stands below, "likely" where a quote does.
Certainty = Literal["sure", "likely", "no"]


def attribution(text: str) -> Certainty:
    """Whether a line, or a few joined by spaces, says whose words follow."""
    if len(text) > LONGEST:
        return "no"
    stripped = text.strip()
    if _STAMP.match(stripped):
        return "sure"
    if not _COLON.search(stripped):
        return "no"
    if _DIGIT_OR_AT.search(stripped) is None:
        return "likely" if _WROTE.search(stripped) is not None else "no"
    dated = _YEAR.search(stripped) is not None or _CJK_STAMP.search(stripped) is not None
    timed, addressed = _TIME.search(stripped) is not None, _ADDRESS.search(stripped) is not None
    wrote = _WROTE.search(stripped) is not None
    opens = _OPENER.match(stripped) is not None
    if wrote and (addressed or (opens and (dated or timed))):
        return "sure"
    if opens and dated and timed and addressed:
        return "sure"  # "2026年11月23日(月) 10:00 Ana <ana@example.org>:", and languages not listed
    if wrote or addressed or (dated and timed):
        return "likely"
    return "no"


def opens_attribution(line: str) -> bool:
    """Whether one begins in this line: a word such as "On", and a day or a time."""
    return _OPENER.match(line) is not None and (_YEAR.search(line) is not None or _TIME.search(line) is not None)


_RULED = r"^[\s>*_]{0,8}[-_=—–]{2,40}\s{0,3}(?:%s)\s{0,3}[-_=—–]{0,40}[\s*_:]{0,6}$"
_ORIGINAL = re.compile(
    _RULED
    % (
        r"original(?:\s+message|nachricht|meddelelse|bericht)?|original\s+e-?mail|reply\s+message|reply above"
        r" this line"
        r"|urspr(?:ü|ue)ngliche\s+(?:nachricht|e-?mail)|antwort|message\s+d['’]origine|message\s+original"
        r"|messaggio\s+originale"
        r"|mensaje\s+original|mensagem\s+original|oorspronkelijk\s+bericht|oprindelig\s+meddelelse"
        r"|opprinnelig\s+melding"
        r"|ursprungligt\s+meddelande|originalmeddelande|alkuperäinen\s+viesti|wiadomość\s+oryginalna"
        r"|oryginalna\s+wiadomość"
        r"|původní\s+(?:zpráva|e-?mail)|pôvodná\s+správa|eredeti\s+üzenet|mesaj(?:ul)?\s+original"
        r"|orijinal\s+(?:mesaj|ileti)"
        r"|αρχικό\s+μήνυμα|исходное\s+сообщение|пересылаемое\s+сообщение|оригінальне\s+повідомлення"
        r"|початкове\s+повідомлення"
        r"|оригинальное\s+сообщение|missatge\s+original|thư\s+gốc|pesan\s+asli|原始邮件|原始郵件|原邮件"
        r"|元のメッセージ|オリジナルメッセージ|원본\s*메시지|원본\s*메일"
        r"|الرسالة\s+الأصلية|رسالة\s+أصلية|הודעה\s+מקורית|मूल\s+संदेश|پیام\s+اصلی"
    ),
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    _RULED
    % (
        r"forwarded\s+(?:message|mail|by\b.{0,80})|weitergeleitete\s+(?:nachricht|e-?mail)"
        r"|message\s+transféré|messaggio\s+inoltrato"
        r"|mensaje\s+reenviado|mensagem\s+(?:encaminhada|reencaminhada)|doorgestuurd\s+bericht"
        r"|videresendt\s+(?:meddelelse|melding)"
        r"|vidarebefordrat\s+(?:meddelande|mail)|välitetty\s+viesti|przekazana\s+wiadomość"
        r"|przeposlaná\s+zpráva|přeposlaná\s+zpráva"
        r"|továbbított\s+üzenet|mesaj\s+redirecționat|yönlendirilen\s+ileti|πρωωθημένο\s+μήνυμα"
        r"|пересылаемое\s+сообщение|переслане\s+повідомлення"
        r"|转发(?:的)?(?:邮件|郵件|消息)|轉寄郵件|転送(?:された)?メッセージ|전달된\s*메(?:일|시지)"
        r"|رسالة\s+(?:معاد\s+توجيهها|محولة)|הודעה\s+שהועברה"
    )
    + r"|^\s{0,8}(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)"
    r"|début du message (?:réexpédié|transféré)|inicio del mensaje reenviado"
    r"|início da mensagem (?:encaminhada|reencaminhada)"
    r"|inizio messaggio inoltrato|begin doorgestuurd bericht"
    r"|start på videresendt besked|vidarebefordrat brev|начало переадресованного сообщения|початок"
    r" переадресованого повідомлення"
    r"|başlangıç: iletilmiş mesaj|początek przekazywanej wiadomości|下面是被转发的邮件|転送されたメール"
    r"|以下は転送されたメッセージです)\s?[:：]?\s{0,3}$",
    re.IGNORECASE,
)


def is_separator(line: str) -> bool:
    """`-----Original Message-----`, `Begin forwarded message:` and their kin."""
    return len(line) <= LONGEST_LINE and (_ORIGINAL.match(line) is not None or _FORWARDED.match(line) is not None)


Role = Literal["from", "sent", "to", "cc", "subject", "other"]
_ROLES: dict[Role, str] = {
    "from": "from|von|de|da|van|från|fra|od|lähettäjä|feladó|de la|expediteur|expéditeur|remitente|mittente"
    "|kimden|gönderen|από"
    "|от|від|отправитель|差出人|送信者|发件人|寄件者|寄件人|發件人|보낸 사람|보낸사람|발신|من|מאת|प्रेषक|từ|dari|از",
    "sent": "sent|date|gesendet|datum|envoyé|enviado|enviado el|enviada em|enviado em|data|fecha|inviato"
    "|verzonden|skickat|sendt|dato|wysłano|odesláno"
    "|lähetetty|päivämäärä|elküldve|dátum|trimis|gönderildi|tarih|gönderme|ημερομηνία|στάλθηκε|отправлено"
    "|дата|надіслано|送信日時|日時|日付"
    "|发送时间|日期|寄件日期|傳送時間|發送日期|时间|보낸 날짜|날짜|보낸날짜|تاريخ الإرسال|التاريخ|أُرسلت|تم"
    " الإرسال|נשלח|תאריך|दिनांक|ngày|tanggal|تاریخ",
    "to": "to|an|à|a|para|aan|till|til|do|komu|vastaanottaja|címzett|către|kime|alıcı|προς|кому|宛先|收件人"
    "|받는 사람|받는사람|수신|إلى|אל|प्रति|đến|kepada|به",
    "cc": "cc|kopie|copie|copia|cópia|kopia|kopi|dw|kopiopostia|másolat|bilgi|копия|копія|抄送|副本|참조|نسخة|עותק",
    "subject": "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|temat|předmět|predmet|aihe"
    "|tárgy|subiect|konu|θέμα|тема"
    "|件名|主题|主題|主旨|标题|제목|الموضوع|נושא|विषय|chủ đề|judul|موضوع",
    "other": "reply-to|antwort an|répondre à|responder a|responder para|risposta|rispondi a|svar til"
    "|importance|wichtigkeit|priorität"
    "|attachments|anlagen|bcc|organization|organisation|message-id|resent-.{1,20}|x-.{1,30}|newsgroups",
}
_ROLE_OF: dict[str, Role] = {label: role for role, labels in _ROLES.items() for label in labels.split("|")}
_HEADER = re.compile(
    r"^[\s>*_|]{0,12}(?P<label>[^\W\d_][^:：\n]{0,28}?)\s{0,2}[*_]{0,2}\s?[:：][*_]{0,2}\s?(?P<value>.*)$"
)


def header_role(line: str) -> tuple[Role, str] | None:
    """What a header line of a quoted mail says and its value: `"*Von:* Ana"` -> `("from", "Ana")`."""
    found = _HEADER.match(line[:LONGEST_LINE])
    if found is None:
        return None
    role = _ROLE_OF.get(found["label"].strip(" *_\u00a0").casefold())
    return None if role is None else (role, found["value"].strip(" *_"))


_GOES_ON = re.compile(r"^[\s>]|[@;<,]")  # a list of recipients on a second line


def header_block(lines: list[str], start: int) -> int:
    """Where the header block that begins at `start` ends (the line after it), or `start` where none begins.

    Two kinds must be there, and something no person writes in a note: a subject, an address, a sending time.
    """
    first = header_role(lines[start])
    if first is None or first[0] in ("other", "cc"):
        return start
    roles: dict[Role, str] = {}
    number, end, empty, other = start, start, 0, 0
    while number < min(len(lines), start + 30):
        line = lines[number]
        role = header_role(line)
        if role is not None:
            roles.setdefault(*role)
            end, empty, other = number + 1, 0, 0
        elif not line.strip():
            empty += 1
        elif _GOES_ON.search(line):
            other += 1
        else:
            break  # somebody's words
        number += 1
        if empty > 1 or other > 2 or (empty and other):
            break
    with_address = _ADDRESS.search(roles.get("from", "")) is not None
    kinds = set(roles) - {"other"}
    stamped = _YEAR.search(roles.get("sent", "")) is not None or _TIME.search(roles.get("sent", "")) is not None
    is_one = "from" in kinds and (
        ("subject" in kinds and len(kinds) >= 2 and (with_address or stamped or len(kinds) >= 3))
        or (with_address and len(kinds) >= 2)
        or (stamped and "to" in kinds and _ADDRESS.search(roles["to"]) is not None)
    )
    is_one = is_one or {"sent", "to", "subject"} <= kinds
    return end if is_one else start


_SENT_FROM = re.compile(
    r"^[\s*_>(\[]{0,6}(?:"
    r"sent\s+(?:from|via|with|using)|sendt\s+(?:fra|via)|skickat\s+från|gesendet\s+(?:von|mit|über)"
    r"|von\s+meinem|diese\s+nachricht\s+wurde\s+von\s+meinem"
    r"|envoyé\s+(?:de|depuis|à\s+partir)|enviado\s+(?:desde|do|de|a\s+partir|mediante|via|pelo)|enviada\s+do"
    r"|obtener\s+outlook|obter\s+o\s+outlook|inviato\s+da"
    r"|verzonden\s+(?:vanaf|met|via)|verstuurd\s+vanaf|outlook\s+voor|wysłan[eo]\s+z|wysłano\s+z|odesláno\s+z"
    r"|odoslané\s+z|lähetetty\s+|elküldve\s+|küldve\s+|trimis\s+de\s+pe"
    r"|(?:iphone|ipad|android)(?:'?umdan|'?imden|’dan)?\s+gönder|στάλθηκε\s+από|отправлено\s+(?:с|из)"
    r"|надіслано\s+(?:з|із)|відправлено\s+з|изпратено\s+от"
    r"|get\s+outlook|outlook\s+für|outlook\s+pour|télécharge[zr]\s+outlook|hent\s+outlook|hämta\s+outlook"
    r"|scarica\s+outlook|download\s+outlook|get\s+the\s+\w+\s+app"
    r"|yahoo\s+mail\b.{0,30}(?:organi[sz]e|search)|sent\s+by\s+my|typed\s+on\s+my|written\s+on\s+my"
    r"|von\s+unterwegs|mobil\s+gesendet|envoyé\s+avec|enviado\s+com"
    r"|أُرسلت\s+من|أرسلت\s+من|مرسل\s+من|تم\s+الإرسال\s+من|נשלח\s+מ|ارسال\s+شده\s+از|फ़?\s*मेरे\s+\S+\s+से\s+भेजा"
    r"|從我的|从我的|发自我的|發自我的|发自|發自|來自我的|取得\s*outlook|获取\s*outlook|나의\s*\S+에서\s*보냄"
    r"|내\s*\S+에서\s*보냄|\S{1,20}에서\s*보냄"
    r").{0,90}$"
    r"|^\s{0,6}.{0,40}(?:から送信|より送信|から送られた|を入手)\s{0,3}.{0,60}$"
    r"|^[\s(]{0,4}(?:iphone|android|ipad|galaxy)(?:['’]?\w{0,6})?\s+(?:gönderildi|cihazımdan gönderildi)\W{0,3}$",
    re.IGNORECASE,
)
_SENTENCE_WITHIN = re.compile(r"[,;!?]\s|\.\s+\w|\bis\b|\bwas\b")


def is_sent_from(line: str) -> bool:
    """`Sent from my iPhone`; not `Sent from my desk, it is easier than my phone.`"""
    return len(line) <= 160 and _SENT_FROM.match(line) is not None and _SENTENCE_WITHIN.search(line) is None
