"""When people who are away say they will be back, in the words they use."""

from __future__ import annotations

from datetime import date

import pytest

from alongside.delivery.arrived.mails import read_mail
from alongside.delivery.inbound.returning import LONGEST, read_return
from delivery.inbound.letters import letter

TODAY = date(2026, 11, 26)  # a Thursday

SENTENCES = [
    ("2026-12-15", "Hi! I'm off the grid from Dec 1 - Dec 14, 2026. I'll reply when I'm back."),
    ("2027-01-04", "Our team is on winter break and will be back in the office on the 4th of January 2027."),
    ("2026-12-10", "I am currently travelling and will be back at my desk Thursday, December 10th."),
    ("2026-12-10", "Please expect a delayed response until I return on 10 December."),
    ("2026-12-09", "I'm OOO today through 12/8/2026"),
    ("2026-12-14", "Ich befinde mich bis zum 13. Dezember im Urlaub. Danach antworte ich gern."),
    ("2026-12-14", "Leider bin ich erst am Montag, 14.12.2026 wieder persönlich erreichbar."),
    ("2026-12-14", "Unser Büro ist zwischen dem 01.12. und dem 13.12.2026 nicht besetzt."),
    ("2026-12-14", "Je serai absent jusqu'au dimanche 13 décembre. Je répondrai à mon retour."),
    ("2026-12-14", "Je reprends le 14/12/2026."),
    ("2026-12-14", "Mi regreso está previsto para el lunes 14 de diciembre."),
    ("2026-12-14", "Estaré de vuelta en la oficina el 14/12/2026."),
    ("2026-12-14", "Estarei de férias entre 1 e 13 de dezembro."),
    ("2026-12-14", "Estarò assente dal 1° al 13 dicembre 2026."),
    ("2026-12-14", "Ik ben op vakantie en ben maandag 14 december weer bereikbaar."),
    ("2026-12-14", "Jestem nieobecna w pracy od 1.12.2026 do 13.12.2026."),
    ("2026-12-14", "Я буду отсутствовать до 13.12.2026."),
    ("2026-12-14", "З 1 по 13 грудня я у відпустці, повернуся 14 грудня."),
    ("2026-12-14", "12月13日まで出張のため、返信が遅れます。"),
    ("2026-12-14", "我在12月1日到12月13日期间休假。"),
    ("2026-12-14", "12월 13일까지 출장입니다."),
    ("2026-12-14", "أنا في إجازة حتى تاريخ 13/12/2026"),
    ("2026-12-14", "Jag är ledig till den 13 december."),
    ("2026-12-14", "Jeg er tilbage igen den 14. december 2026"),
    ("2026-12-14", "13 Aralık'a kadar yıllık izindeyim."),
    ("2026-12-14", "Olen lomalla 1.-13.12.2026."),
    ("2026-12-14", "Budu zpět v práci 14.12.2026."),
    ("2026-12-14", "Od 1. do 13. prosince nejsem k zastižení."),
    ("2027-01-16", "I am out of the office until 15 January."),
    ("2027-01-16", "I am out of the office until January 15th, 2027 with no access to e-mail."),
    ("2027-01-18", "I will be back on Monday, January 18."),
    ("2027-08-18", "I am on holiday from 3 to 17 August."),
    ("2027-08-18", "I am on holiday from August 3-17."),
    ("2027-08-18", "I am away from August 3 to August 17, 2027."),
    ("2027-01-16", "I'm away through Friday, 15 Jan 2027."),
    ("2027-01-18", "Returning 18th of January."),
    ("2027-01-18", "I will return to the office on the 18th January and will get back to you then."),
    ("2027-01-16", "I am out until 15 January and will get back to you on my return."),
    ("2027-01-15", "I will not be back until 15 January."),
    ("2027-01-15", "I won't be able to answer before Jan. 15."),
    ("2027-01-18", "I am away from 4 January and will be back on 18 January."),
    ("2027-01-18", "On 18 January I will be back at my desk at 9:00."),
    ("2027-04-04", "I'm away until 3/4."),
    ("2027-01-16", "I am out until 1/15/2027."),
    ("2027-01-16", "I am out until 15/1/2027."),
    ("2027-01-16", "Out of office until 2027-01-15."),
    ("2027-05-13", "Back after 12/5."),
    ("2027-01-16", "Ich bin bis einschliesslich 15.01.2027 nicht im Büro."),
    ("2027-01-16", "Ich bin bis einschl. 15.1. nicht im Haus."),
    ("2027-01-16", "Ich bin bis zum 15. Januar abwesend."),
    ("2027-01-18", "Ab dem 18.01.2027 bin ich wieder erreichbar."),
    ("2027-01-18", "Ich bin am Montag, den 18. Januar wieder für Sie da."),
    ("2027-01-18", "Ich bin vom 4.1. bis 15.1. im Urlaub und ab 18.1. wieder zurück."),
    ("2027-08-18", "Ich bin vom 3. bis 17. August im Urlaub."),
    ("2027-08-18", "Urlaub 3.8.-17.8.2027"),
    ("2027-08-18", "Ich bin in der Zeit vom 03.08. – 17.08.27 nicht erreichbar."),
    ("2027-01-18", "Meine Rückkehr ist am 18. Jänner 2027."),
    ("2027-01-16", "Je suis absent jusqu'au 15 janvier inclus."),
    ("2027-01-18", "Je serai de retour le lundi 18 janvier 2027."),
    ("2027-08-18", "Je suis en congés du 3 au 17 août."),
    ("2027-01-18", "À partir du 18 janvier je serai de nouveau joignable."),
    ("2027-01-16", "Estaré fuera de la oficina hasta el 15 de enero de 2027."),
    ("2027-01-18", "Vuelvo el lunes 18 de enero."),
    ("2027-08-18", "Estoy de vacaciones del 3 al 17 de agosto."),
    ("2027-01-16", "Estou de férias até 15 de janeiro."),
    ("2027-01-18", "Regresso no dia 18/01/2027."),
    ("2027-08-18", "Estarei ausente de 3 a 17 de agosto."),
    ("2027-01-16", "Sarò assente fino al 15 gennaio."),
    ("2027-01-18", "Rientrerò in ufficio lunedì 18 gennaio 2027."),
    ("2027-08-18", "Sono in ferie dal 3 al 17 agosto."),
    ("2027-01-16", "Ik ben afwezig tot en met 15 januari."),
    ("2027-01-16", "Ik ben t/m 15-1-2027 niet op kantoor."),
    ("2027-01-18", "Vanaf maandag 18 januari ben ik weer bereikbaar."),
    ("2027-01-16", "Jestem nieobecny do 15 stycznia 2027 r."),
    ("2027-01-18", "Wrócę do biura 18 stycznia."),
    ("2027-08-18", "Jestem na urlopie od 3 do 17 sierpnia."),
    ("2027-01-16", "Я в отпуске до 15 января включительно."),
    ("2027-08-18", "Я в отпуске с 3 по 17 августа."),
    ("2027-01-18", "Вернусь в офис 18 января 2027 г."),
    ("2027-01-16", "Я у відпустці до 15 січня."),
    ("2027-01-18", "Повернуся 18.01.2027."),
    ("2027-08-18", "Мене не буде з 3 по 17 серпня."),
    ("2027-01-16", "1月15日まで休暇をいただいております。"),
    ("2027-01-16", "2027年1月15日（金）まで不在にしております。"),
    ("2027-08-18", "8月3日から17日まで夏季休暇です。"),
    ("2027-08-18", "8月3日（月）〜8月17日（月）まで夏季休業とさせていただきます。"),
    ("2027-01-18", "1月18日より通常通り出社いたします。"),
    ("2027-01-18", "1/18に復帰します。"),
    ("2027-01-16", "我将休假至1月15日。"),
    ("2027-01-18", "我将于2027年1月18日返回办公室。"),
    ("2027-08-18", "我8月3日至17日不在办公室。"),
    ("2027-01-16", "1월 15일까지 휴가입니다."),
    ("2027-01-18", "1월 18일에 복귀합니다."),
    ("2027-08-18", "8월 3일부터 8월 17일까지 부재중입니다."),
    ("2027-01-16", "أنا خارج المكتب حتى 15 يناير 2027."),
    ("2027-01-18", "سأعود إلى المكتب يوم ١٨ يناير."),
    ("2027-08-18", "أنا في إجازة من 3 إلى 17 أغسطس."),
    ("2027-01-16", "Jag är på semester till och med 15 januari."),
    ("2027-01-18", "Jag är tillbaka måndag den 18 januari."),
    ("2027-01-16", "Jag är ledig t.o.m. 15/1."),
    ("2027-01-16", "Jeg er på ferie til og med 15. januar."),
    ("2027-01-18", "Jeg er tilbage den 18. januar."),
    ("2027-01-18", "Jeg er tilbake på kontoret 18. januar 2027."),
    ("2027-01-16", "Jeg er bortreist frem til 15. januar."),
    ("2027-01-16", "15 Ocak'a kadar izindeyim."),
    ("2027-01-16", "15 Ocak 2027 Cuma gününe kadar ofis dışındayım."),
    ("2027-01-18", "18 Ocak'ta döneceğim."),
    ("2027-01-16", "Olen lomalla 15.1. asti."),
    ("2027-01-16", "Olen poissa 15. tammikuuta 2027 saakka."),
    ("2027-01-18", "Palaan töihin 18.1.2027."),
    ("2027-01-16", "Jsem na dovolené do 15. ledna."),
    ("2027-01-18", "Vrátím se 18. ledna 2027."),
    ("2027-08-18", "Jsem mimo kancelář od 3. do 17. srpna."),
    ("2027-01-19", "From 19 January onwards I am available again."),
    ("2027-01-05", "I'm on annual leave from Monday 21st December 2026, returning on Tuesday 5th January 2027."),
    ("2027-01-05", "I am currently out of the office and will return on 5th Jan. If it is urgent please call Anna on 020 7946 0123."),
    ("2026-12-12", "I am attending a conference until Friday (11 December)."),
    ("2027-01-04", "The office is closed for the holidays from 12/24/2026 through 1/3/2027."),
    ("2027-01-04", "Our office reopens on 4 January 2027."),
    ("2027-01-02", "Out of office Dec 22 - Jan 1"),
    ("2027-01-04", "Das Büro ist vom 24.12.2026 bis zum 03.01.2027 geschlossen."),
    ("2027-01-07", "Ich bin erst wieder am 7.1. im Büro. Meine Vertretung ist bis dahin Herr Maier, Tel. 030 1234-56."),
    ("2027-01-07", "Danke für Ihre Nachricht! Ich bin derzeit nicht im Büro und ab Donnerstag, 7. Jan. 2027, wieder erreichbar."),
    ("2026-12-19", "Ik ben met vakantie van 7 december tot en met 18 december."),
    ("2026-12-21", "Op maandag 21 december ben ik terug."),
    ("2027-01-07", "Je suis actuellement en congé et je reprendrai le travail le jeudi 7 janvier."),
    ("2027-01-02", "Absent du 24/12/2026 au 01/01/2027. Pour toute urgence, contactez le 01 23 45 67 89."),
    ("2027-01-08", "Estaré de regreso el próximo 8 de enero."),
    ("2027-01-08", "Estarei de volta a 8 de Janeiro de 2027."),
    ("2027-01-09", "Non sarò disponibile fino all'8 gennaio compreso."),
    ("2027-01-08", "Torno operativo l'8 gennaio."),
    ("2027-01-08", "Będę dostępny ponownie od 8 stycznia 2027 roku."),
    ("2027-01-08", "Po powrocie, tj. 8.01.2027, odpowiem na wiadomość."),
    ("2027-01-11", "Буду на рабочем месте снова с 11 января."),
    ("2027-01-11", "З 11 січня знову на роботі."),
    ("2027-01-11", "年末年始休業：12月29日（火）～1月10日（日）"),
    ("2027-01-11", "12/29～1/10は休業いたします。"),
    ("2027-01-11", "您好,我正在休假(12月29日—1月10日),期间无法及时回复邮件。"),
    ("2027-01-11", "元旦假期后将于1月11日恢复工作。"),
    ("2027-01-11", "휴가 기간: 2026. 12. 29. ~ 2027. 1. 10."),
    ("2027-01-11", "إجازتي تنتهي وأعود للعمل في 11 يناير"),
    ("2027-01-11", "سأكون غائبا لغاية 10/1/2027"),
    ("2027-01-11", "Jag är föräldraledig och åter på jobbet den 11 januari 2027."),
    ("2027-01-11", "Jeg holder ferie fra den 23. december til den 10. januar."),
    ("2027-01-11", "Kontoret er stengt fra 23. desember til og med 10. januar."),
    ("2027-01-11", "23 Aralık - 10 Ocak tarihleri arasında yıllık izindeyim."),
    ("2027-01-11", "11.01.2027 tarihinde ofiste olacağım, tekrar görüşmek üzere."),
    ("2027-01-11", "Olen vuosilomalla 23.12.2026–10.1.2027."),
    ("2027-01-11", "Do 10.1.2027 včetně čerpám dovolenou."),
    ("2027-01-11", "Od 23. 12. do 10. 1. nebudu v kanceláři, zpět jsem 11. 1. 2027."),
    ("2027-02-28", "Elternzeit bis 27.02.2027"),
    ("2027-11-27", "Parental leave until 26 November 2027"),
    ("2026-12-01", "Back 1 Dec"),
    ("2027-02-01", "Je reviens le 1er février."),
    ("2027-02-01", "Tornerò il 1° febbraio 2027."),
    ("2027-02-02", "Ausente até 1º de fevereiro."),
    ("2026-12-07", "I am on leave till the 6th of December 2026; thanks for your patience."),
    ("2027-01-05", "Hello, thank you for your email. I am currently on annual leave, returning to work on Tuesday 5th January. I will respond to your message on my return. Kind regards, Tom"),
    ("2027-01-05", "Thanks for your message. I'm OOO from Dec 21st to Jan 4th with limited access to email."),
    ("2027-01-05", "I will be out of the office starting 12/21/2026 and will not return until 01/05/2027."),
    ("2027-01-05", "I am away on vacation and will be returning January 5th, 2027. For urgent matters contact help@example.com or 555-1234."),
    ("2026-12-15", "Thank you for your email. I'm traveling this week and next week and will have limited access to e-mail. I return Tuesday, December 15."),
    ("2027-01-02", "Please note our offices will be closed December 24th through January 1st."),
    ("2027-03-02", "I am on maternity leave until March 1, 2027. Please contact Ana."),
    ("2026-12-02", "I will be out of the office until Tuesday, Dec. 1."),
    ("2026-12-02", "I'm unavailable up to and including Tuesday 1st December"),
    ("2026-12-07", "Sehr geehrte Damen und Herren, ich bin ab dem 30.11. bis einschließlich 06.12.2026 nicht im Büro. Ihre E-Mail wird nicht weitergeleitet."),
    ("2026-12-07", "Guten Tag, vielen Dank für Ihre Nachricht. Ich bin am 07.12.2026 wieder im Büro erreichbar."),
    ("2026-12-07", "Ich bin derzeit im Urlaub. Ab 7. Dezember bin ich gerne wieder für Sie da."),
    ("2026-12-07", "Ich bin bis Sonntag, 6.12.26, außer Haus."),
    ("2026-12-07", "Bin vom 30.11. - 06.12. im Urlaub."),
    ("2026-12-07", "Vom 30. November bis 6. Dezember 2026 bin ich nicht zu erreichen."),
    ("2026-12-12", "Ich bin aktuell in Elternzeit und kehre am 12.12.2026 zurück."),
    ("2026-12-12", "Ich bin leider nicht im Büro. Meine E-Mails lese ich wieder ab Samstag, dem 12. Dezember."),
    ("2026-12-07", "Bonjour, je suis absente jusqu’au dimanche 6 décembre 2026 inclus."),
    ("2026-12-07", "Je suis actuellement en vacances, retour prévu le 7 décembre."),
    ("2026-12-07", "Bonjour, je suis en congé du 30 novembre au 6 décembre 2026. En mon absence, merci de contacter Luc au 06 12 34 56 78."),
    ("2026-12-07", "Notre bureau sera fermé du lundi 30/11 au dimanche 06/12."),
    ("2026-12-07", "Je serai absent(e) à partir du 30/11/2026. Je serai de retour le 07/12/2026."),
    ("2026-12-07", "Gracias por su mensaje. Estaré ausente desde el 30 de noviembre hasta el 6 de diciembre."),
    ("2026-12-07", "Me encuentro de vacaciones. Regresaré el día 7 de diciembre del 2026."),
    ("2026-12-07", "Estoy fuera hasta el próximo domingo 6 de diciembre, incluido."),
    ("2026-12-07", "Me reincorporo el 07/12."),
    ("2026-12-07", "Obrigado pelo seu email. Encontro-me de férias de 30 de novembro a 6 de dezembro de 2026."),
    ("2026-12-07", "Estarei ausente até o dia 06/12/2026."),
    ("2026-12-07", "Estou fora do escritório e retorno no dia 7 de dezembro."),
    ("2026-12-07", "Grazie per il messaggio. Sarò fuori ufficio dal 30 novembre al 6 dicembre compresi."),
    ("2026-12-07", "Sono assente fino a domenica 6 dicembre."),
    ("2026-12-07", "Sarò di nuovo in ufficio a partire da lunedì 7 dicembre 2026."),
    ("2026-12-07", "Bedankt voor uw bericht. Ik ben met verlof tot 6 december."),
    ("2026-12-07", "Ik ben afwezig van 30 november t.e.m. 6 december 2026."),
    ("2026-12-07", "Vanaf 7 december ben ik terug op kantoor."),
    ("2026-12-07", "Dziękuję za wiadomość. W dniach 30.11-06.12.2026 przebywam na urlopie."),
    ("2026-12-07", "Jestem na urlopie. Do biura wracam w poniedziałek, 7 grudnia."),
    ("2026-12-07", "Przebywam na urlopie do dnia 6 grudnia włącznie."),
    ("2026-12-07", "Здравствуйте! Я нахожусь в отпуске с 30.11.2026 по 06.12.2026. По срочным вопросам обращайтесь к Ивану."),
    ("2026-12-07", "Меня не будет в офисе до 6 декабря."),
    ("2026-12-07", "Я вернусь из отпуска 7 декабря и отвечу на ваше письмо."),
    ("2026-12-07", "Дякую за лист. Я у відпустці з 30 листопада по 6 грудня включно."),
    ("2026-12-07", "Повертаюся на роботу 7 грудня."),
    ("2026-12-07", "お世話になっております。11月30日（月）から12月6日（日）まで休暇のため不在にしております。"),
    ("2026-12-07", "誠に勝手ながら11/30〜12/6まで休業いたします。"),
    ("2026-12-07", "12月7日（月）以降に順次ご返信いたします。"),
    ("2026-12-07", "12月7日に戻る予定です。"),
    ("2026-12-07", "您好，我目前正在休假，将于12月7日（周一）回到办公室。"),
    ("2026-12-07", "本人於11月30日至12月6日休假，如有急事請聯絡同事。"),
    ("2026-12-07", "我会在12月7号回复您的邮件。"),
    ("2026-12-07", "안녕하세요. 11월 30일(월)부터 12월 6일(일)까지 휴가로 부재중입니다."),
    ("2026-12-07", "12/7(월)에 복귀 예정입니다."),
    ("2026-12-07", "شكرا لرسالتك. أنا في إجازة من ٣٠ نوفمبر إلى ٦ ديسمبر ٢٠٢٦."),
    ("2026-12-07", "سوف أعود إلى العمل بتاريخ 7/12/2026."),
    ("2026-12-07", "Tack för ditt mejl. Jag är på semester 30/11–6/12."),
    ("2026-12-07", "Jag är åter måndagen den 7 december."),
    ("2026-12-07", "Jag är inte på kontoret förrän den 7 december."),
    ("2026-12-07", "Tak for din mail. Jeg er på ferie og er tilbage mandag d. 7. december."),
    ("2026-12-07", "Jeg har ferie fra 30/11 til og med 6/12."),
    ("2026-12-07", "Jeg er ute av kontoret og er tilbake mandag 7. desember."),
    ("2026-12-07", "30.11.2026 - 06.12.2026 tarihleri arasında ofis dışında olacağım."),
    ("2026-12-07", "7 Aralık Pazartesi günü işe döneceğim."),
    ("2026-12-07", "6 Aralık 2026 tarihine kadar izinliyim."),
    ("2026-12-07", "Kiitos viestistäsi. Olen lomalla 30.11.–6.12. ja palaan töihin maanantaina 7.12."),
    ("2026-12-07", "Olen poissa toimistolta 6.12.2026 saakka."),
    ("2026-12-07", "Děkuji za zprávu. Do 6. prosince jsem na dovolené."),
    ("2026-12-07", "V kanceláři budu opět od pondělí 7. 12. 2026."),
]  # fmt: skip
NO_DAY = [
    "I have read your mail of 3 December 2025 and will answer.",
    "Opening hours: Mon-Fri 9-17, phone 0800 12 12 12.",
    "",
    "I am back next Monday.",
    "Back on 26 November.",
    "I am away until 12/31/2015.",
    "13/13 to 14/14: back.",
    "Back on 0/0/0000, until 2027-00-00, bis 00.00.",
    "I am out of the office.",
    "I am back soon.",
    "Until 15.01.2020 I was away.",
    "I am away until 31 February.",
    "I am away until 15.01.2035.",
    "Support is available 24/7 until I am back.",
    "I was away until 15 November.",
    "Call me on +49 30 15.1.2027 or 030/12-11.",
    "We open from 9:00 to 17:00.",
    "Away from 3 January.",
    "Parental leave until 1 December 2027",
    "Back on 99/99/2027.",
    "Version 3.12 is out. We are back.",
    "My flat is 12/3 on 5th floor.",
    "Your ticket #2026-12-07 was received. We answer within 24 hours.",
    "We received your message on 26 November 2026 and will answer soon.",
    "Our shop was founded on 1 April 2001.",
    "I left the company on 31 October. Please write to Ana.",
    "Ich arbeite nicht mehr bei der Firma seit 1.10.2026.",
]  # fmt: skip


def read(text: str, subject: str = "Automatic reply", *, today: date = TODAY, **headers: str) -> str:
    back = read_return(read_mail(letter(text, subject=subject, **headers)), today=today)
    return back.isoformat() if back is not None else ""


@pytest.mark.parametrize(("back", "text"), SENTENCES)
def test_sentences(back: str, text: str) -> None:
    assert read(text) == back


@pytest.mark.parametrize("text", NO_DAY)
def test_no_day(text: str) -> None:
    assert read(text) == ""


@pytest.mark.parametrize(
    ("back", "subject"),
    [
        ("2027-01-16", "Out of office until 15 January"),
        ("2027-01-16", "Abwesend bis 15.01.2027"),
        ("2027-01-18", "OOO - back Jan 18"),
        ("2027-01-16", "=?utf-8?b?MeaciDE15pel44G+44Gn5LiN5Zyo?="),
        ("2026-12-07", "Urlaub 30.11.-6.12."),
    ],
)
def test_subjects(back: str, subject: str) -> None:
    assert read("Thank you for your mail.", subject) == back


def test_coming_back_wins_over_an_end() -> None:
    assert read("I am away until 15 January and back on Monday, 18 January.") == "2027-01-18"
    assert read("Away from 3 December, and back soon. Our fair is on 4 December.") == ""


def test_an_order_of_numbers_that_the_text_gives_away() -> None:
    assert read("Away from 12/24 until 1/3.") == "2027-01-04"
    assert read("Away from 24/12 until 3/1.") == "2027-01-04"
    assert read("Away until 3/1.") == "2027-03-02"  # the later reading
    assert read("Abwesend bis 3/1.") == "2027-01-04"
    assert read("3/1まで不在です。") == "2027-03-02"


def test_a_year_that_is_missing() -> None:
    assert read("Back on 2 January.", today=date(2026, 12, 30)) == "2027-01-02"
    assert read("Back on 29 February.", today=date(2027, 6, 1)) == "2028-02-29"
    assert read("Back on 29 February.", today=date(2026, 6, 1)) == ""
    assert read("Back on 20 November.") == ""  # the answer was not switched off
    assert read("Back on 20 October.") == "2027-10-20"


def test_the_mail_that_is_answered() -> None:
    ours = "On 3 December you are invited. Be back by 10 December!"
    for quote in ("> " + ours, "-----Original Message-----\n" + ours, "________________________________\n" + ours):
        assert read(f"I am away.\n\n{quote}\n") == ""
    assert read(f"I am away.\n\nFrom: Community\n{ours}\n") == ""
    assert read(f"Back on 7 December.\n\n> {ours}\n") == "2026-12-07"


def test_html() -> None:
    text = "<p>I am away.<br>I will be back on <b>Monday</b>,&nbsp;<i>7 December</i>.</p><blockquote>until 31.12.</blockquote>"
    assert read(text, Content_Type="text/html") == "2026-12-07"


@pytest.mark.parametrize(
    "text",
    [
        "1" * 100_000,
        "1." * 50_000,
        "not " * 50_000,
        "until " * 50_000,
        "back 1/1 " * 20_000,
        "jan 1 - " * 20_000,
        "3 (" * 50_000,
        "\n" * 100_000,
        "\ufdfa" * 50_000,
        "a" + "\u0301" * 100_000,
        "\n-- " * 50_000,
        "12:30 " * 50_000,
        "from: " * 50_000,
        "\u0663\u0660 " * 50_000,
        "\u00b2 January, until \u2460 May, back on \u0be7/\u0be8",
    ],
)
def test_hostile_text(text: str) -> None:
    """Whatever it is, no more than the beginning is looked at, and nothing is raised."""
    assert read(text) in ("", "2027-01-01", "2027-01-02", "2027-02-01", "2027-05-01", "2027-05-02")
    assert read("x" * LONGEST + text + " back on 7 December") == ""
