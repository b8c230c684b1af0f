"""One word that means: no more mail. In the languages of the interface and some more; never a word in a sentence.

"Re: STOP!"                                  yes
"Please stop by the booth on Friday"         no
"""

from __future__ import annotations

import re
import unicodedata

from alongside.delivery.arrived.mails import ArrivedMail
from alongside.delivery.arrived.texts import first_line, top_text

LONGEST = 60  # characters: what is longer is a sentence

_WORDS = """
stop | stop all | stopall | stop it | stop mails | stop emails | stop these mails | stop these emails | stop mailing me
please stop | stop please | stop sending | stop writing | no more mail | no more mails | no more emails | unsubscribe
unsubscribe me | please unsubscribe | please unsubscribe me | unsub | remove | remove me | please remove me | opt out
optout | opt-out | quit | end mails
stopp | stoppen | abmelden | abmeldung | abbestellen | bitte abmelden | bitte stoppen | austragen | keine mails mehr
keine e-mails mehr
pare | parar | cancelar | cancelar inscrição | cancelar subscrição | descadastrar | sair da lista | remover
cancelar envio | parar e-mails | chega
baja | darse de baja | dar de baja | darme de baja | cancelar suscripción | no más correos | alto
se désabonner | désabonner | désabonnement | me désabonner | désinscription | désinscrire | me désinscrire | arrêter
arrêt | arrêtez | plus de mails
إلغاء الاشتراك | الغاء الاشتراك | توقف | أوقف | إيقاف | ايقاف | إلغاء
配信停止 | 停止 | 退会 | 解除 | 配信解除 | 登録解除 | 購読解除 | ストップ | 退订 | 取消订阅
退訂 | 取消訂閱 | 수신거부 | 구독취소
відписатися | відписати | відписка | стоп | зупинити | припинити | скасувати підписку
отписаться | отписка | отписать | отменить подписку
disiscrivi | disiscrivimi | cancellami | afmelden | uitschrijven | avsluta | avregistrera | avmeld | afmeld | lopeta
wypisz | rezygnuję | odhlásit | leiratkozás | dezabonare | abonelikten çık | διαγραφή | לבטל | הסר | सदस्यता समाप्त करें
"""
_ANSWER = re.compile(
    r"\A(?:(?:re|aw|antw|sv|vs|res|rép|ref|rif|odp|ynt|ha|відп|отв|返信|回复|回覆|答复|رد|تعقيب)"
    r"(?:\[\d{1,3}\]|\^\d{1,3})?\s*[:：]\s*){1,5}",
    re.IGNORECASE,
)


def fold(text: str) -> str:
    """`"  STOP!! "` -> `"stop"`: compatible forms, case, marks, and what is no letter at either end are gone."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(letter for letter in plain if unicodedata.category(letter)[0] not in "MC")
    return " ".join(plain.split()).strip("".join({letter for letter in plain if not letter.isalnum()}))


STOP_WORDS = frozenset(fold(word) for line in _WORDS.splitlines() for word in line.split("|")) - {""}


def is_stop(text: str) -> bool:
    """Whether that is the whole of what is said."""
    return len(text) <= LONGEST and fold(_ANSWER.sub("", text.strip())) in STOP_WORDS


def subject_stops(mail: ArrivedMail) -> bool:
    """Whether the subject is a stop word and nothing else."""
    return is_stop(mail.headers.text("subject"))


def text_stops(mail: ArrivedMail) -> bool:
    """Whether the first line a person wrote is a stop word and nothing else."""
    return is_stop(first_line(top_text(mail)))
