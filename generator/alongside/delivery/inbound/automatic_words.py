"""How programs begin the subjects of automatic answers, and what such mail says of itself, by language."""

from __future__ import annotations

from alongside.delivery.inbound.phrases import LatePattern, any_of

# A subject that begins so is of no person's mail.
_BEGINNINGS = """
auto reply | autoreply | auto-reply | auto response | auto-response | autoresponse | auto answer | auto responder
autoresponder | automatic reply | automatic response | automatic answer | automatic message | automated reply
automated response | automated message | automatically generated | yahoo! auto response | out of office autoreply
out of office reply | out of office message | out of office notice | out of office notification | vacation reply
vacation message | vacation notice | vacation response
automatische antwort | automatische antwoord | automatische beantwortung | automatische e-mail-antwort
automatische nachricht | automatische reactie | automatisch antwoord | automatisch bericht | abwesenheitsnotiz
abwesenheitsnachricht | abwesenheitsmeldung | abwesenheitshinweis | abwesenheitsbenachrichtigung
abwesenheitsassistent | urlaubsnotiz | urlaubsmeldung | afwezigheidsbericht | afwezigheidsmelding
afwezigheidsassistent | resposta automática | ausência temporária | respuesta automática | mensaje automático
mensagem automática | contestación automática | réponse automatique | message automatique | absence du bureau
message d'absence | avis d'absence | notification d'absence | risposta automatica | messaggio automatico
автоматический ответ | автоматическое уведомление | автоответ | автоответчик | автоматична відповідь | автовідповідь
автоматичен отговор | automatski odgovor | аутоматски одговор
odpowiedź automatyczna | automatyczna odpowiedź | autoodpowiedź | autosvar | automatiskt svar | automatisk svar
frånvaromeddelande | fraværsmelding | fraværsassistent | fraværsbesked | automaattinen vastaus | automaattivastaus
poissaoloviesti | poissaoloilmoitus | otomatik yanıt | otomatik cevap | automatická odpověď | automatická odpoveď
automatikus válasz | răspuns automat | αυτόματη απάντηση | samodejni odgovor | automaatvastus | automātiskā atbilde
automatinis atsakymas | trả lời tự động | balasan otomatis | resposta automàtica | ตอบกลับอัตโนมัติ | پاسخ خودکار
自動応答 | 自動返信 | 自動送信 | 不在通知 | 不在のお知らせ | 不在連絡 | 不在につき | 不在について | 休暇のお知らせ
休暇通知 | 自动回复 | 自动答复 | 自動回覆 | 自動回復 | 自動答覆 | 外出自动 | 부재중 알림 | 부재 중 알림 | 자동 회신
자동회신 | 자동 응답 | 자동응답 | 자동 답장 | الرد التلقائي | رد تلقائي | رد آلي | תשובה אוטומטית | מענה אוטומטי
स्वचालित उत्तर | स्वचालित जवाब
"""
# These alone, or with a colon, a day or an end behind them: "Out of office hours?" was written by a person.
_LABELS = """
ooo | oof | out of office | out of the office | out-of-office | out-of-the-office | away from the office
away from my office | away from office | away from my desk | away from my mail | away from my email | away
on vacation | i am out of the office | i am out of office | i'm out of the office | currently out of the office
i am on leave | i'm on leave | i am on vacation | i'm on vacation | i am on holiday | i'm on holiday | i am away
i'm away | on annual leave | on parental leave | on maternity leave | on paternity leave | on sick leave
i am on annual leave | i am on parental leave | i am on maternity leave
abwesend | abwesenheit | außer haus | nicht im büro | nicht im haus | ich bin nicht im büro | ich bin im urlaub
ich bin abwesend | in elternzeit | afwezig | afwezigheid | niet op kantoor | buiten kantoor
absent | absente | absence | absent du bureau | absente du bureau | en congé | je suis absent | je suis absente
ausente | ausencia | ausência | fora do escritório | fora de escritório | fuera de la oficina | fuera de oficina
assente | assenza | fuori sede | fuori ufficio | вне офиса | нет на месте | в отпуске | поза офісом | у відпустці
nieobecny | nieobecna | nieobecność | nieobecność w biurze | poza biurem | frånvarande | frånvaro | fraværende
fravær | ikke på kontoret | ej på kontoret | inte på kontoret | poissa | poissaolo | poissa toimistolta | ofis dışında
ofis dışındayım | mimo kancelář | nepřítomnost | házon kívül | εκτός γραφείου | خارج المكتب | 不在 | 休暇中 | 休假
休假中 | 不在办公室 | 不在辦公室 | 부재 | 부재중 | 부재 중
"""
_AFTER_A_LABEL = any_of(
    """
    until | till | from | through | back | returning | bis | vom | ab | jusqu'au | du | hasta | del | até | fino | dal
    tot | do | от | до | с | з | fram | t.o.m. | frem | indtil | fra | asti | まで | 自动 | 自動 | 알림 | autoreply
    auto-reply | re:
    """
)
_DAY = r"[^\W\d]{3,12}\.?\s\d"  # "Dec 22"
# "Ana Silva is out of the office (returning 18/01)", as Notes writes it.
_IS_AWAY = any_of(
    """
    is out of the office | is out of office | is away from the office | is currently out of the office
    is on vacation | ist außer haus | ist nicht im büro | ist nicht im haus | ist abwesend | ist im urlaub
    est absent | est absente | está ausente | está fuera de la oficina | è fuori ufficio | è assente
    """
)
# How mail systems begin the subjects of what came back; the second ones with nothing, or a sign, behind them.
_RETURNED = """
undelivered mail returned | mail delivery failed | mail delivery failure | mail delivery system
mail delivery warning | mail could not be delivered | message could not be delivered | delivery status notification
delivery has failed | delivery failure notification | permanent delivery failure | mail system error
non-delivery notification | warning: could not send message | unzustellbare nachricht | no se puede entregar
impossibile recapitare | недоставленное сообщение | не удается доставить | kan inte levereras | kan ikke leveres
ei voida toimittaa | teslim edilemedi | 配信不能 | 配信エラー | 配信できません | 系统退信 | 无法投递 | 無法傳遞
배달되지 않음
"""
_RETURNED_LABELS = """
undeliverable | undelivered mail | undeliverable mail | delivery failure | delivery delayed | failure notice
returned mail | mail error | unzustellbar | nicht zustellbar | não entregue | non remis | no entregado
non recapitabile | niet bezorgd | onbestelbaar | niedostarczone | niedoręczone | не доставлено | nedoručitelné | 退信
반송
"""
# Brackets around a mark, and what gateways put before a subject.
_BEFORE = r"(?:\[(?:ext|extern|external|spam\??|suspected spam|caution|warning|bulk)\]\s{0,4}){0,3}[\[(<【«\"*\s]{0,4}"
# A hyphen within a word says nothing: "Away-team", "absent-minded".
_SIGN = r"\s{0,4}(?:[:：–(\])】!]|-\s|(?<=\s)-|\.(?!\w)|\Z)"
AUTOMATIC_SUBJECT = LatePattern(
    lambda: (
        rf"{_BEFORE}(?:{any_of(_BEGINNINGS)}|auto\s{{0,2}}[:：]"
        rf"|{any_of(_LABELS)}(?:{_SIGN}|\s{{0,4}}(?:\d|{_AFTER_A_LABEL}|{_DAY}))"
        rf"|[^:]{{1,60}}\s{_IS_AWAY}(?:{_SIGN}|\s{{0,4}}{_AFTER_A_LABEL}))"
    )
)
RETURNED_SUBJECT = LatePattern(lambda: rf"{_BEFORE}(?:{any_of(_RETURNED)}|{any_of(_RETURNED_LABELS)}{_SIGN})")

# Subjects of receipts, challenges and notes that a person could write, too: a hint.
_RECEIPTS = """
we received | we've received | we have received | we got your | request received | ticket received | ticket created
your request | your ticket | your inquiry | your enquiry | your case | your support request | case created
new ticket | thank you for contacting | thanks for contacting | thank you for your email | thank you for your e-mail
thank you for your message | thank you for your enquiry | thank you for your inquiry | thank you for your request
thanks for your message | thanks for your email | thanks for reaching out | thank you for reaching out
thank you for writing | please confirm your message | please confirm your email | please verify your message
your email requires verification | your message requires verification | confirmation required | message received
vielen dank für ihre * | danke für ihre * | ihre anfrage | ihre nachricht | eingangsbestätigung | wir haben ihre *
accusé de réception | merci de votre * | merci pour votre * | nous avons bien reçu | nous avons reçu | votre demande
gracias por su * | gracias por contactar* | hemos recibido | acuse de recibo | su solicitud
recebemos | obrigado pelo seu * | obrigada pelo seu * | obrigado por * | o seu pedido | confirmação de receção
grazie per il * | grazie per la * | grazie per aver* | abbiamo ricevuto | la tua richiesta | la sua richiesta
bedankt voor uw * | ontvangstbevestiging | wij hebben uw * | uw aanvraag | dziękujemy za | otrzymaliśmy
twoje zgłoszenie | спасибо за * | ваше обращение | ваш запрос | мы получили | дякуємо за | ваше звернення | ваш запит
ми отримали | tack för ditt * | vi har mottagit | tak for din * | vi har modtaget | takk for din * | vi har mottatt
kiitos viestistäsi | talebiniz | mesajınız | děkujeme za | お問い合わせ | 受付完了 | 受け付けました | 感谢您的
您的邮件 | 您的请求 | 感謝您的 | 문의 | 접수 | شكرا لتواصلك* | تم استلام
"""
_HOLIDAYS = """
vacation | on vacation | holiday | holidays | on holiday | on leave | annual leave | urlaub | im urlaub | vacances
en vacances | congé | congés | en congé | en congés | vacaciones | de vacaciones | férias | de férias | em férias
ferie | in ferie | in vacanza | vakantie | met vakantie | met verlof | urlop | na urlopie | отпуск | в отпуске
відпустка | у відпустці | semester | på semester | på ferie | lomalla | dovolená | izin | izindeyim | 休暇 | 夏季休暇
年末年始休業 | 휴가 | إجازة
"""
MAYBE_RECEIPT = LatePattern(
    lambda: (
        rf"{_BEFORE}(?:re:\s{{0,4}})?(?:\[[^\]]{{1,40}}\]\s{{0,4}}|[\w-]{{0,12}}#?\d{{2,12}}[\]:\s-]{{1,4}})?{any_of(_RECEIPTS)}"
    )
)
MAYBE_HOLIDAY = LatePattern(lambda: rf"{_BEFORE}{any_of(_HOLIDAYS)}(?![^\W\d])")

# What such mail says of itself in its text.
SAYS_SO = LatePattern(
    lambda: any_of(
        """
        this is an automated * | this is an automatic * | this is an automatically | this is an auto-generated
        this is an auto generated | this is an autogenerated | this was an automated * | an automated message
        an automated response | an automated reply | an automatic reply | an automatic response
        automatically generated | generated automatically | sent automatically | automatically sent
        do not reply to this | do not respond to this | do not reply directly to this | automatisch erstellt
        automatisch erzeugt | automatisch generiert | automatisch versandt | automatisch versendet
        automatisch verschickt | automatisch gegenereerd | automatisch verzonden | automatisch verstuurd
        automatische antwort | automatische nachricht | automatische e-mail | automatisch antwoord
        automatisch bericht | automatische antwoord | antworten sie nicht auf diese | message automatique
        réponse automatique | courriel automatique | généré automatiquement | envoyé automatiquement
        ne pas répondre à ce | mensaje automático | respuesta automática | generado automáticamente
        enviado automáticamente | no responda a este | mensagem automática | resposta automática
        gerado automaticamente | gerada automaticamente | não responda a est* | messaggio automatico
        risposta automatica | generato automaticamente | generata automaticamente | non rispondere a quest*
        wiadomość automatyczna | automatyczna wiadomość | automatyczna odpowiedź | wygenerowana automatycznie
        wysłana automatycznie | автоматическое сообщение | автоматический ответ | автоматическое письмо
        сформировано автоматически | создано автоматически | отправлено автоматически | автоматически сформирован*
        автоматичне повідомлення | автоматична відповідь | створено автоматично | надіслано автоматично
        automatiskt svar | automatiskt meddelande | automatiskt genererat | skickats automatiskt | automatisk svar
        automatisk besked | automatisk melding | automatisk generert | automatisk genereret | automaattinen viesti
        automaattinen vastaus | otomatik olarak | otomatik bir | otomatik yanıt | automatická zpráva
        automatická odpověď | automaticky generovan* | automaticky vygenerovan* | 自動送信 | 自動返信 | 自動応答
        自動配信 | 自动回复 | 自动发送 | 自动生成 | 系统自动 | 自動回覆 | 自動發送 | 자동 발송 | 자동으로 발송
        자동 회신 | 자동 응답 | 자동으로 생성 | رد تلقائي | رسالة تلقائية
        """
    )
)
SAYS_AWAY = LatePattern(
    lambda: any_of(
        """
        i am away | i'm away | i am out of | i'm out of | i will be out of | i am currently out of
        i'm currently out of | i will be away | i am on leave | i'm on leave | i am on holiday | i am currently on *
        i am on vacation | i'm on vacation | i'm on holiday | i am currently away | im urlaub | nicht im büro
        nicht im haus | nicht erreichbar | außer haus | abwesend | je suis absent* | je serai absent* | en congé
        en congés | en vacances | de vacaciones | estoy fuera | estaré fuera | ausente | de férias
        fora do escritório | in ferie | assente | fuori ufficio | met vakantie | met verlof | afwezig | na urlopie
        nieobecn* | в отпуске | у відпустці | på semester | på ferie | lomalla | dovolené | izindeyim | izinliyim
        休暇 | 不在 | 休假 | 휴가 | 부재 | في إجازة
        """
    )
)
