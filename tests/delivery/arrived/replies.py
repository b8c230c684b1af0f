"""Answers as people send them: in many languages and programs, above, below and within what they answer.

`{a}` is where somebody's address stands; `words` are the person's own, which must come out, and nothing of `QUOTED`.
"""

from __future__ import annotations

from dataclasses import dataclass

QUOTED = "Shall we meet at the harbour fountain?"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `text` with `{a}`."""

    name: str
    words: str
    text: str
    html: bool = False


# Program and language: the person's sentence, and what the program writes above the quote.
_ATTRIBUTIONS = {
    "Gmail en": ("Yes, Friday at 10:00 CET suits me.", "On Mon, 23 Nov 2026 at 10:00, Ana Souza <{a}> wrote:"),
    "Gmail en wrapped": ("Yes, that suits me!", "On Mon, 23 Nov 2026 at 10:00, Ana Souza de Oliveira e Castro\n<{a}> wrote:"),
    "Gmail en wrapped in the bracket": ("Lovely, see you there.", "On Mon, Nov 23, 2026 at 10:00 AM Ana Souza de Oliveira <\n{a}> wrote:"),
    "Apple Mail en": ("I am in.", "On 23. Nov 2026, at 10:00, Ana Souza <{a}> wrote:"),
    "Thunderbird en": ("Sounds good to me.", "On 11/23/26 10:00, Ana Souza wrote:"),
    "Yahoo en": ("No problem at all.", "    On Monday, November 23, 2026 at 10:00:00 AM GMT+1, Ana Souza <{a}> wrote:"),
    "ProtonMail en": ("Count me in.", "On Monday, November 23rd, 2026 at 10:00 AM, Ana Souza <{a}> wrote:"),
    "old ProtonMail": ("Count us in.", "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nOn Monday, November 23rd, 2026 at 10:00 AM, Ana <{a}> wrote:"),
    "Gmail de": ("Ja, sehr gern!", "Am Mo., 23. Nov. 2026 um 10:00 Uhr schrieb Ana Souza <{a}>:"),
    "Thunderbird de": ("Das passt mir gut.", "Am 23.11.26 um 10:00 schrieb Ana Souza:"),
    "Google Inbox de": ("Bin dabei.", "Ana Souza <{a}> schrieb am Mo., 23. Nov. 2026\num 10:00 Uhr:"),
    "GMX de": ("Gute Idee, bis dann.", "Gesendet: Montag, 23. November 2026 um 10:00 Uhr\nVon: \"Ana Souza\" <{a}>\nAn: bruno@gmx.example\nBetreff: Hallo"),
    "Gmail fr": ("Oui, avec plaisir !", "Le lun. 23 nov. 2026 à 10:00, Ana Souza <{a}> a écrit :"),
    "Apple Mail fr": ("D’accord pour vendredi.", "Le 23 nov. 2026 à 10:00, Ana Souza <{a}> a écrit :"),
    "Gmail es": ("¡Claro que sí!", "El lun, 23 nov 2026 a las 10:00, Ana Souza (<{a}>) escribió:"),
    "Thunderbird es": ("Nos vemos el viernes.", "El 23/11/26 a las 10:00, Ana Souza escribió:"),
    "Gmail pt": ("Sim, combinado!", "Em seg., 23 de nov. de 2026 às 10:00, Ana Souza <{a}> escreveu:"),
    "Apple Mail pt": ("Até sexta, então.", "No dia 23/11/2026, às 10:00, Ana Souza <{a}> escreveu:"),
    "Gmail it": ("Va benissimo.", "Il giorno lun 23 nov 2026 alle ore 10:00 Ana Souza <{a}> ha scritto:"),
    "Gmail nl": ("Dat lijkt me leuk.", "Op ma 23 nov 2026 om 10:00 schreef Ana Souza <{a}>:"),
    "Gmail pl": ("Tak, bardzo chętnie.", "pon., 23 lis 2026 o 10:00 Ana Souza <{a}> napisał(a):"),
    "Thunderbird pl": ("Do zobaczenia w piątek.", "W dniu 23.11.2026 o 10:00, Ana Souza pisze:"),
    "Gmail ru": ("Да, с удовольствием.", "пн, 23 нояб. 2026 г. в 10:00, Ana Souza <{a}>:"),
    "mail.ru": ("Договорились, до пятницы.", "Понедельник, 23 ноября 2026, 10:00 +03:00 от Ana Souza <{a}>:"),
    "Yandex ru": ("Хорошо, приду.", "23.11.2026, 10:00, \"Ana Souza\" <{a}>:"),
    "Gmail uk": ("Так, залюбки.", "пн, 23 лист. 2026 р. о 10:00 Ana Souza <{a}> пише:"),
    "Gmail ja": ("はい、金曜日に行きます。", "2026年11月23日(月) 10:00 Ana Souza <{a}>:"),
    "Apple Mail ja": ("了解しました。", "2026/11/23 10:00、Ana Souza <{a}>のメール:"),
    "Gmail zh": ("好的，星期五见。", "Ana Souza <{a}> 于2026年11月23日周一 10:00写道："),
    "Apple Mail zh": ("没问题。", "在 2026年11月23日，10:00，Ana Souza <{a}> 写道："),
    "Gmail zh-TW": ("好，到時見。", "Ana Souza <{a}> 於 2026年11月23日 週一 上午10:00寫道："),
    "Gmail ko": ("네, 금요일에 뵙겠습니다.", "2026년 11월 23일 (월) 오전 10:00, Ana Souza <{a}>님이 작성:"),
    "Gmail ar": ("نعم، أراك يوم الجمعة.", "في الاثنين، 23 نوفمبر 2026 في 10:00 ص تمت كتابة ما يلي بواسطة Ana Souza <{a}>:"),
    "Gmail he": ("כן, בשמחה.", "‫בתאריך יום ב׳, 23 בנוב׳ 2026 ב-10:00 מאת ‪Ana Souza‬‏ <‪{a}‬‏>:‬"),
    "Gmail tr": ("Evet, cuma uygun.", "Ana Souza <{a}>, 23 Kas 2026 Pzt, 10:00 tarihinde şunu yazdı:"),
    "Gmail sv": ("Ja, gärna!", "Den mån 23 nov. 2026 kl 10:00 skrev Ana Souza <{a}>:"),
    "Gmail da": ("Ja tak, det passer fint.", "Den man. 23. nov. 2026 kl. 10.00 skrev Ana Souza <{a}>:"),
    "Gmail no": ("Ja, det går fint.", "man. 23. nov. 2026 kl. 10:00 skrev Ana Souza <{a}>:"),
    "Gmail fi": ("Kyllä, sopii hyvin.", "ma 23. marrask. 2026 klo 10.00 Ana Souza ({a}) kirjoitti:"),
    "Gmail cs": ("Ano, rád přijdu.", "po 23. 11. 2026 v 10:00 odesílatel Ana Souza <{a}> napsal:"),
    "Gmail hu": ("Igen, szívesen.", "Ana Souza <{a}> ezt írta (időpont: 2026. nov. 23., H, 10:00):"),
    "Gmail ro": ("Da, cu plăcere.", "În lun., 23 nov. 2026 la 10:00, Ana Souza <{a}> a scris:"),
    "Gmail el": ("Ναι, πολύ ευχαρίστως.", "Στις Δευ 23 Νοε 2026 στις 10:00 π.μ., ο/η Ana Souza <{a}> έγραψε:"),
    "Gmail hi": ("हाँ, शुक्रवार ठीक है।", "सोम, 23 नव॰ 2026 को 10:00 बजे को Ana Souza <{a}> ने लिखा:"),
    "Gmail vi": ("Vâng, hẹn gặp bạn.", "Vào Th 2, 23 thg 11, 2026 vào lúc 10:00 Ana Souza <{a}> đã viết:"),
    "Gmail id": ("Baik, sampai jumpa.", "Pada Sen, 23 Nov 2026 pukul 10.00 Ana Souza <{a}> menulis:"),
}  # fmt: skip

# What Outlook writes above an unquoted quote.
_BLOCKS = {
    "Outlook en": ("Happy to join you.", "From: Ana Souza <{a}>\nSent: Monday, November 23, 2026 10:00 AM\nTo: Bruno <bruno@x.example>\nSubject: Hello"),
    "Outlook en ruled": ("Fine with me.", "________________________________\nFrom: Ana Souza <{a}>\nSent: 23 November 2026 10:00\nTo: Bruno\nSubject: Re: Hello"),
    "Outlook original": ("Fine for us.", "-----Original Message-----\nFrom: Ana Souza [mailto:{a}]\nSent: Monday, November 23, 2026 10:00 AM\nTo: Bruno\nSubject: Hello"),
    "Outlook de": ("Klingt gut.", "Von: Ana Souza <{a}>\nGesendet: Montag, 23. November 2026 10:00\nAn: Bruno\nBetreff: Hallo"),
    "Outlook de bold": ("Klingt sehr gut.", "*Von:* Ana Souza <{a}>\n*Gesendet:* Montag, 23. November 2026 10:00\n*An:* Bruno\n*Betreff:* Hallo"),
    "Outlook fr": ("Ça me va.", "De : Ana Souza <{a}>\nEnvoyé : lundi 23 novembre 2026 10:00\nÀ : Bruno\nObjet : Bonjour"),
    "Outlook es": ("Me parece bien.", "De: Ana Souza <{a}>\nEnviado: lunes, 23 de noviembre de 2026 10:00\nPara: Bruno\nAsunto: Hola"),
    "Outlook pt": ("Por mim, tudo bem.", "De: Ana Souza <{a}>\nEnviado: segunda-feira, 23 de novembro de 2026 10:00\nPara: Bruno\nAssunto: Olá"),
    "Outlook it": ("Per me va bene.", "Da: Ana Souza <{a}>\nInviato: lunedì 23 novembre 2026 10:00\nA: Bruno\nOggetto: Ciao"),
    "Outlook nl": ("Prima, tot dan.", "Van: Ana Souza <{a}>\nVerzonden: maandag 23 november 2026 10:00\nAan: Bruno\nOnderwerp: Hallo"),
    "Outlook pl": ("Zgoda, do piątku.", "Od: Ana Souza <{a}>\nWysłano: poniedziałek, 23 listopada 2026 10:00\nDo: Bruno\nTemat: Cześć"),
    "Outlook ru": ("Согласен.", "От: Ana Souza <{a}>\nОтправлено: 23 ноября 2026 г. 10:00\nКому: Bruno\nТема: Привет"),
    "Outlook uk": ("Згода.", "Від: Ana Souza <{a}>\nНадіслано: 23 листопада 2026 р. 10:00\nКому: Bruno\nТема: Привіт"),
    "Outlook ja": ("承知しました。", "差出人: Ana Souza <{a}>\n送信日時: 2026年11月23日 10:00\n宛先: Bruno\n件名: こんにちは"),
    "Outlook zh": ("可以。", "发件人: Ana Souza <{a}>\n发送时间: 2026年11月23日 10:00\n收件人: Bruno\n主题: 你好"),
    "Outlook ko": ("좋아요.", "보낸 사람: Ana Souza <{a}>\n보낸 날짜: 2026년 11월 23일 월요일 오전 10:00\n받는 사람: Bruno\n제목: 안녕"),
    "Outlook ar": ("موافق.", "من: Ana Souza <{a}>\nتاريخ الإرسال: 23 نوفمبر 2026 10:00\nإلى: Bruno\nالموضوع: مرحبا"),
    "Outlook tr": ("Bana uyar.", "Kimden: Ana Souza <{a}>\nGönderildi: 23 Kasım 2026 Pazartesi 10:00\nKime: Bruno\nKonu: Merhaba"),
    "Outlook sv": ("Det blir bra.", "Från: Ana Souza <{a}>\nSkickat: den 23 november 2026 10:00\nTill: Bruno\nÄmne: Hej"),
}  # fmt: skip

_FOOTERS = {
    "en": "Sent from my iPhone", "de": "Von meinem iPhone gesendet", "fr": "Envoyé de mon iPhone", "es": "Enviado desde mi iPhone",
    "pt": "Enviado do meu iPhone", "it": "Inviato da iPhone", "nl": "Verstuurd vanaf mijn iPhone", "ru": "Отправлено с iPhone",
    "ja": "iPhoneから送信", "zh": "发自我的iPhone", "ko": "나의 iPhone에서 보냄", "ar": "أُرسلت من الـ iPhone", "uk": "Надіслано з iPhone",
    "pl": "Wysłane z iPhone'a", "sv": "Skickat från min iPhone", "Outlook": "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Outlook de": "Outlook für Android herunterladen", "Yahoo": "Sent from Yahoo Mail for iPhone", "K-9": "Sent with K-9 Mail.",
    "Samsung": "Sent from my Galaxy", "ProtonMail": "Sent with Proton Mail secure email.",
}  # fmt: skip

_ON = "On Mon, 23 Nov 2026 at 10:00, Ana Souza <{a}> wrote:"
_OTHERS = (
    Reply("below", "My answer is below.", f"{_ON}\n> {QUOTED}\n> {{a}}\n\nMy answer is below.\n"),
    Reply("within", "Yes, and no.", f"{_ON}\n> {QUOTED}\n\nYes, and no.\n\n> Or at {{a}}?\n"),
    Reply("within, no empty lines", "Yes, and no.", f"{_ON}\n> {QUOTED}\nYes, and no.\n> Or at {{a}}?\n"),
    Reply("signature", "See you there.", "See you there.\n\n-- \nBruno\n{a}\n"),
    Reply("signature, no space", "See you there.", "See you there.\n\n--\nBruno Lima\n+351 900 000 000\n{a}\n"),
    Reply("address within", "Write me at the café’s place.", "Write me at the café’s place.\n({a})\nBruno"),
    Reply("no quote", "Just a few words.", "Just a few words.\nBruno {a}"),
    Reply("forwarded", "Look at this.", f"Look at this.\n\n---------- Forwarded message ---------\nFrom: Ana <{{a}}>\nDate: Mon\nSubject: x\n\n{QUOTED}\n"),
    Reply("forwarded by Apple", "Look here.", f"Look here.\n\nBegin forwarded message:\n\nFrom: Ana <{{a}}>\nSubject: x\n\n{QUOTED}\n"),
    Reply("two quotes deep", "As I said.", f"As I said.\n\n{_ON}\n> Fine.\n>\n> {_ON}\n>> {QUOTED}\n"),
    Reply("unquoted", "Short and sweet.", f"Short and sweet.\n\n{_ON}\n\n{QUOTED}\n{{a}}\n"),
    Reply("Gmail html", "Yes, in HTML.", f'<div dir="ltr">Yes, in HTML.</div><br><div class="gmail_quote"><div dir="ltr">On Mon, 23 Nov 2026 at 10:00, Ana &lt;<a href="mailto:{{a}}">{{a}}</a>&gt; wrote:<br></div><blockquote class="gmail_quote">{QUOTED}</blockquote></div>', html=True),
    Reply("Outlook html", "Yes, from Outlook.", f'<html><head><style>p {{{{}}}}</style></head><body><p class="MsoNormal">Yes, from Outlook.</p><div style="border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Ana &lt;{{a}}&gt;<br><b>Sent:</b> Monday, November 23, 2026 10:00 AM<br><b>To:</b> Bruno<br><b>Subject:</b> Hi</p></div><p>{QUOTED}</p></body></html>', html=True),
    Reply("Apple Mail html", "Yes, from a Mac.", f'<html><body>Yes, from a Mac.<div><br><blockquote type="cite"><div>On 23 Nov 2026, at 10:00, Ana &lt;<a href="mailto:{{a}}">{{a}}</a>&gt; wrote:</div><div>{QUOTED}</div></blockquote></div></body></html>', html=True),
    Reply("Thunderbird html", "Yes, from a bird.", f'<p>Yes, from a bird.</p><div class="moz-cite-prefix">On 11/23/26 10:00, Ana wrote:<br></div><blockquote type="cite" cite="mid:1@x">{QUOTED} {{a}}</blockquote>', html=True),
    Reply("Yahoo html", "Yes, from Yahoo.", f'<div>Yes, from Yahoo.</div><div class="yahoo_quoted"><div>On Monday, November 23, 2026 at 10:00:00 AM GMT+1, Ana &lt;{{a}}&gt; wrote:</div><div>{QUOTED}</div></div>', html=True),
    Reply("within html", "Yes, in between.", f'<blockquote>{QUOTED}</blockquote><p>Yes, in between.</p><blockquote>Or at {{a}}?</blockquote>', html=True),
    Reply("href", "My page is here.", '<p>My page is <a href="https://x.example/?m={a}">here</a>.</p><a href="mailto:{a}">me</a>', html=True),
)  # fmt: skip


def _all() -> list[Reply]:
    above = [
        Reply(name, words, f"{words}\n\n{head}\n" + "".join(f"> {line}\n" for line in (QUOTED, "{a}", "")))
        for name, (words, head) in _ATTRIBUTIONS.items()
    ]
    unquoted = [
        Reply(name, words, f"{words}\n\n{head}\n\n{QUOTED}\n\n{{a}}\n") for name, (words, head) in _BLOCKS.items()
    ]
    mobile = [
        Reply(f"mobile {name}", "On my way!", f"On my way!\n\n{footer}\n\n{_ON}\n\n> {QUOTED}\n> {{a}}\n")
        for name, footer in _FOOTERS.items()
    ]
    return [*above, *unquoted, *mobile, *_OTHERS]


REPLIES = _all()
FOOTERS = _FOOTERS
