"""Mail that no person wrote, as the programs of real vendors write it, and people's mail that looks like it.

Each recipe begins with `=== name | kind | day of return, or empty` and goes on as a mail; headers that all have (To,
Message-ID, From where it is Joana's) are left out. Headers are those that vendors document, that free programs set in
their source, or that their mail is known to carry; texts are made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from alongside.delivery.arrived.mails import read_headers
from delivery.inbound.letters import JOANA, MAILBOX

TODAY = date(2026, 11, 26)

# What no person wrote. answer: somebody's own autoresponder; receipt: a help desk's; robot: a service that notifies;
# list: a mailing list's program; read: a read receipt; calendar: an answer to an invitation; challenge: "are you human?"
# bounce: a report of a mail system, also without its form
_MACHINES = r"""
=== Exchange Online out of office | answer | 2027-01-18
Return-Path: <>
Subject: Automatic reply: Welcome
In-Reply-To: <welcome-1@example.org>
References: <welcome-1@example.org>
X-MS-Has-Attach:
X-Auto-Response-Suppress: All
X-MS-Exchange-Inbox-Rules-Loop: joana@example.net
X-MS-TNEF-Correlator:
auto-submitted: auto-generated
X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent
Content-Language: en-US

I am out of the office and will return on Monday, 18 January.

=== Exchange 2010 out of office | answer | 2027-01-16
Return-Path: <>
Subject: Automatische Antwort: Willkommen
Thread-Topic: Automatische Antwort: Willkommen
X-MS-Exchange-Inbox-Rules-Loop: joana@example.net
X-Auto-Response-Suppress: All

Ich bin bis einschließlich 15.01.2027 nicht im Büro.

=== Exchange 2003 out of office | answer |
Subject: Out of Office AutoReply: Welcome
X-MimeOLE: Produced By Microsoft Exchange V6.5
Content-class: urn:content-classes:message
Thread-Topic: Out of Office AutoReply: Welcome

I am away.

=== Exchange inbox rule "have server reply" | answer |
Return-Path: <joana@example.net>
Subject: Re: Welcome
X-MS-Exchange-Inbox-Rules-Loop: joana@example.net
X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent
X-Auto-Response-Suppress: DR, OOF, AutoReply

I no longer read this mailbox.

=== Outlook.com automatic reply | answer | 2026-12-08
Return-Path: <>
Subject: =?utf-8?B?UsOpcG9uc2UgYXV0b21hdGlxdWUgOiBXZWxjb21l?=
X-TMN: [abc]
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
X-MS-Exchange-Inbox-Rules-Loop: joana@outlook.example

Je suis absente jusqu'au 7 décembre.

=== Exchange mailbox full notice | robot |
Return-Path: <>
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.net>
Subject: Your mailbox is almost full.
X-MS-Exchange-Message-Is-Ndr:

Please reduce your mailbox size.

=== Gmail vacation responder | answer | 2027-01-18
Return-Path: <joana@gmail.example>
Subject: Away Re: Welcome
In-Reply-To: <welcome-1@example.org>
Auto-Submitted: auto-replied
Precedence: bulk
X-Autoreply: yes

I'll be back on January 18.

=== Gmail canned response by a filter | answer |
Return-Path: <joana+canned.response@gmail.example>
Subject: Re: Welcome
Auto-Submitted: auto-replied
Precedence: bulk
X-Autoreply: yes

Please use my other address.

=== Google Groups moderation notice | list |
Return-Path: <noreply+bncBCD@googlegroups.example>
From: Walkers <noreply+bncBCD@googlegroups.example>
Subject: Your message to walkers is waiting for a moderator
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
Precedence: list

Your message needs approval.

=== Google Calendar acceptance | calendar |
Return-Path: <3abc@calendar-server.bounces.google.example>
Subject: Accepted: Coffee @ Mon Dec 7, 2026
Sender: Google Calendar <calendar-notification@google.example>
Content-Type: multipart/alternative; boundary="c"

--c
Content-Type: text/plain; charset="UTF-8"

Joana has accepted this invitation.

--c
Content-Type: text/calendar; charset="UTF-8"; method=REPLY

BEGIN:VCALENDAR
METHOD:REPLY
END:VCALENDAR

--c--

=== Apple Calendar acceptance as a file | calendar |
Subject: Joana accepted your invitation
Content-Type: multipart/mixed; boundary="c"
X-Mailer: Apple Mail (2.3774)

--c
Content-Type: text/plain

Joana accepted.
--c
Content-Type: application/ics; name="iCal-2026.ics"
Content-Transfer-Encoding: base64

QkVHSU46VkNBTEVOREFSDQpNRVRIT0Q6UkVQTFkNCkVORDpWQ0FMRU5EQVINCg==
--c--

=== Google Docs comment | robot |
From: "Joana (Google Docs)" <comments-noreply@docs.google.example>
Subject: Welcome plan - thanks, done

Joana replied to a comment.

=== Yahoo vacation response | answer |
Return-Path: <joana@yahoo.example>
Subject: Auto: Welcome
X-YMail-OSG: abc
In-Reply-To: <welcome-1@example.org>

Thank you, I am travelling.

=== Yahoo Auto Response, older | answer |
Return-Path: <>
Subject: Yahoo! Auto Response

I am travelling.

=== iCloud vacation | answer | 2026-10-20
Subject: Re: Welcome
X-Apple-Action: VACATION
X-Proofpoint-Virus-Version: vendor=fsecure

Je suis en congés jusqu'au 19 octobre 2026.

=== GMX / web.de Abwesenheitsnotiz | answer | 2026-12-07
Subject: Abwesenheitsnotiz: Willkommen
Auto-Submitted: auto-replied
X-UI-Message-Type: autoresponder
Precedence: bulk

Ich bin ab dem 7. Dezember wieder da.

=== Proton Mail auto-reply | answer |
Return-Path: <>
Subject: Auto: Welcome
X-Pm-Origin: internal
X-Autoreply: yes
Auto-Submitted: auto-replied
Precedence: auto_reply
X-Autorespond: yes

I am hiking.

=== Fastmail / Cyrus Sieve vacation | answer |
Return-Path: <>
Subject: Auto: Welcome
X-Sieve: CMU Sieve 3.0
Auto-Submitted: auto-replied (vacation)
Precedence: bulk

Away from the keyboard.

=== Cyrus Sieve vacation with a subject of its own | answer |
Return-Path: <>
Subject: Gone fishing
X-Sieve: CMU Sieve 2.4
Auto-Submitted: auto-replied

Back soon.

=== Zoho Mail vacation reply | answer |
Subject: Re: Welcome
X-ZohoMail-Owner: joana
X-Zoho-Virus-Status: 1
Precedence: auto_reply
Auto-Submitted: auto-replied
X-Autoreply: yes

I am on vacation.

=== Dovecot Pigeonhole Sieve vacation | answer | 2026-12-07
Return-Path: <>
X-Sieve: Pigeonhole Sieve 0.5.21
Subject: Auto: Welcome
Auto-Submitted: auto-replied (vacation)
Precedence: bulk
X-Auto-Response-Suppress: All
In-Reply-To: <welcome-1@example.org>

Jag är tillbaka den 7 december.

=== Dovecot Sieve reject | bounce |
Return-Path: <>
From: Mail Delivery Subsystem <postmaster@mx.example.net>
Subject: Automatically rejected mail
Auto-Submitted: auto-replied (rejected)
Precedence: bulk
Content-Type: multipart/report; report-type=disposition-notification; boundary="r"

--r
Content-Type: text/plain

Your message was automatically rejected.
--r
Content-Type: message/disposition-notification

Final-Recipient: rfc822; joana@example.net
Disposition: automatic-action/MDN-sent-automatically; deleted
--r--

=== vacation(1) of sendmail | answer |
Subject: away from my mail
Precedence: bulk
Auto-Submitted: auto-replied

I will read your mail when I return.

=== vacation(1) of NetBSD | answer |
Return-Path: <>
Subject: This is a recorded message
Precedence: junk
X-Delivered-By-The-Graces-Of: The Vacation program

I am away.

=== procmail recipe of procmailex | answer |
Subject: Re: Welcome
Precedence: junk
X-Loop: joana@example.net

I received your mail, but will not be back until Monday.

=== procmail recipe with nothing but its loop mark | answer |
Subject: Re: Welcome
X-Loop: joana@example.net

I received your mail.

=== Exim autoreply transport | answer |
Return-Path: <>
Subject: On vacation
Auto-Submitted: auto-replied
In-Reply-To: <welcome-1@example.org>
References: <welcome-1@example.org>

Away.

=== Exim vacation filter | answer |
Return-Path: <>
Subject: vacation
Auto-Submitted: auto-replied

Away.

=== PostfixAdmin vacation.pl | answer |
Return-Path: <>
Subject: Out of Office
Precedence: junk
X-Loop: Postfix Admin Virtual Vacation
Auto-Submitted: auto-replied

Away until further notice.

=== cPanel autoresponder | answer |
Subject: Out of office
X-Autorespond: Re: Welcome
Precedence: auto_reply
X-Precedence: auto_reply
Auto-Submitted: auto-replied

Away.

=== cPanel BoxTrapper | challenge |
Subject: Your email requires verification verify#0cDk7nY-1166
Preference: auto_reply
X-Autorespond: BoxTrapper
X-Precedence: auto_reply

The message you sent requires that you verify that you are a real live human being.

=== Plesk autoresponder | answer |
Return-Path: <>
Subject: Re: Welcome
Auto-Submitted: auto-replied
Precedence: bulk
X-Autogenerated: Reply
X-Mailer: Plesk mail-handler

Away.

=== DirectAdmin vacation | answer |
Return-Path: <>
Subject: Autoreply: Welcome
Auto-Submitted: auto-replied
Precedence: bulk

Away.

=== SOGo vacation | answer | 2026-12-13
Return-Path: <>
Subject: Auto: Welcome
Auto-Submitted: auto-replied (vacation)

Je suis en vacances du 3 au 12 décembre.

=== Notes out of office agent | answer | 2027-01-18
Subject: AUTO: Joana Silva is out of the office (returning 18/01/2027)
X-Mailer: Lotus Domino Release 9.0.1
X-KeepSent: 1
Auto-Submitted: auto-generated
X-MIMETrack: Serialize by Router on D1

I am out of the office until 18/01/2027. Note: This is an automated response to your message.

=== Notes out of office, older | answer |
Subject: Joana Silva is out of the office.
X-Mailer: Lotus Notes Release 6.5.1 January 21, 2004

I will be out of the office starting soon.

=== GroupWise vacation rule | answer |
Subject: Re: Welcome (Out of office)
X-Mailer: Novell GroupWise Internet Agent 14.2
Auto-Submitted: auto-replied
Precedence: bulk

Away.

=== GroupWise status | read |
Return-Path: <>
Subject: Message status - opened
Content-Type: multipart/report; report-type=delivery-status; boundary="r"

--r
Content-Type: text/plain

The message was opened.
--r
Content-Type: message/delivery-status

Final-Recipient: rfc822; joana@example.net
Action: relayed
Status: 2.1.5
--r--

=== Kerio Connect out of office | answer |
Return-Path: <>
Subject: Out of Office: Welcome
X-Mailer: Kerio Connect 9.2
Auto-Submitted: auto-replied
X-Auto-Response-Suppress: All

Away.

=== Zimbra out of office | answer | 2026-12-07
Return-Path: <>
Subject: Re: Welcome
Auto-Submitted: auto-replied (zimbra; vacation)
Precedence: bulk
X-Mailer: Zimbra 8.8.15

Przebywam na urlopie do dnia 6 grudnia włącznie.

=== MDaemon autoresponder | answer |
Return-Path: <>
Subject: RE: Welcome
X-Actual-From: joana@example.net
X-MDaemon-Deliver-To: community@example.org
X-Autoresponder: MDaemon
Precedence: bulk
Auto-Submitted: auto-replied

Away.

=== CommuniGate Pro vacation | answer |
Subject: Re: Welcome
X-Autogenerated: Reply
X-Mailer: CommuniGate Pro CLI mailer

Away.

=== FirstClass | answer |
Subject: Re: Welcome
X-FC-MachineGenerated: true
X-FC-Icon-ID: 2031

Away.

=== Mailtraq | answer |
Subject: Re: Welcome
X-POST-MessageClass: 9; Autoresponder

Away.

=== qmail autorespond | answer |
Subject: Re: Welcome
Delivered-To: Autoresponder
Precedence: junk

Away.

=== Domain Technologie Control | answer |
Subject: Re: Welcome
X-AutoReply-From: joana@example.net
X-Mail-Autoreply: dtc-autoreply

Away.

=== Courier mailbot | answer |
Subject: Re: Welcome
X-Mailer: mailbot vacation
Auto-Submitted: auto-replied

Away.

=== Open-Xchange vacation | answer |
Return-Path: <>
Subject: Urlaub
Auto-Submitted: auto-replied (vacation)
X-Mailer: Open-Xchange Mailer v7.10

Im Urlaub.

=== Thunderbird filter "reply with template" | answer |
Subject: Auto: Re: Welcome
User-Agent: Mozilla Thunderbird
Auto-Submitted: auto-replied

A template.

=== Yandex Mail autoreply | answer |
Subject: Автоответ: Welcome
Auto-Submitted: auto-replied
X-Yandex-Autoreply: 1
Precedence: bulk

Я в отпуске.

=== Mail.ru autoreply | answer | 2026-12-07
Subject: Re: Welcome
X-Mailer: Mail.Ru Mailer 1.0
Auto-Submitted: auto-replied
X-Autoreply: yes

Буду снова на связи с 7 декабря.

=== QQ Mail auto reply | answer |
Subject: =?utf-8?B?6Ieq5Yqo5Zue5aSNOldlbGNvbWU=?=
X-QQ-Mailer: QQMail 2.x
X-QQ-SSF: 0000

您的邮件已收到。

=== NetEase 163 auto reply | answer | 2026-12-07
Subject: 自动回复:Welcome
X-Coremail-Locale: zh_CN
X-Originating-IP: [10.0.0.1]

我将于2026年12月7日返回办公室。

=== Tencent Exmail auto reply | answer |
Subject: 自动回复: Re: Welcome
X-QQ-mid: bizesmtp1
Auto-Submitted: auto-replied

您好。

=== Naver auto reply | answer | 2026-12-07
Subject: [자동응답] 부재중입니다
X-Naver-CIP: 10.0.0.1

12월 7일에 복귀합니다.

=== Yahoo! JAPAN / Becky vacation | answer | 2026-12-07
Subject: 不在のお知らせ
X-Mailer: Becky! ver. 2

12月6日まで不在にしております。

=== Zendesk receipt | receipt |
From: Help Example <support@example.zendesk.example>
Subject: [Request received] Welcome
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
X-Mailer: Zendesk Mailer
X-Zendesk-From-Account-Id: 1a2b3c
X-Zendesk-Email-Id: 01H

Your request (1234) has been received and is being reviewed by our support staff.

=== Freshdesk receipt | receipt |
From: Support <support@example.freshdesk.example>
Subject: Ticket Received - Welcome
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
X-Freshdesk-Ticket-Id: 77

We would like to acknowledge that we have received your request.

=== Jira Service Management | receipt |
From: Help <jira@example.atlassian.example>
Subject: HELP-12 Welcome
Precedence: bulk
Auto-Submitted: auto-generated
X-JIRA-FingerPrint: 0c5c3a6d
X-Auto-Response-Suppress: DR, RN, OOF, AutoReply

Just confirming that we got your request.

=== ServiceNow | receipt |
From: IT Service <example@service-now.example>
Subject: INC0012345 has been opened
X-ServiceNow-Source: Notification-1
X-ServiceNow-SysEmail-Version: 2
Precedence: bulk
Auto-Submitted: auto-generated
X-ServiceNow-Generated: true

Your incident was opened.

=== Help Scout auto reply | receipt |
From: Example <help@example.net>
Subject: Re: Welcome
X-Autoreply: yes
Auto-Submitted: auto-replied
X-Auto-Response-Suppress: All
X-Mailer: Help Scout

We got your message.

=== Intercom | receipt |
From: Example <operator@example.intercom-mail.example>
Subject: Thanks for reaching out
Auto-Submitted: auto-generated
X-Intercom-Bin: replies
X-Auto-Response-Suppress: All

You will hear from us.

=== Front auto reply | receipt |
Subject: Re: Welcome
X-Autorespond: yes
X-Auto-Response-Suppress: All
Auto-Submitted: auto-replied
X-Front-Draft-Id: 1

Thanks.

=== Salesforce case receipt without the standard | receipt |
From: Example Support <case@example.net>
Subject: Your case 00001234 was created
X-SFDC-LK: 00D
X-SFDC-User: 005
X-SFDC-EmailCategory: workflowActionAlert

This is an automated message. Please do not reply to this email.

=== HubSpot kickback | receipt |
From: Example <hello@example.net>
Subject: Thank you for contacting us
Feedback-ID: aws:abc:hubspot
List-Unsubscribe: <mailto:u@example.net>
X-Report-Abuse-To: abuse@hubspot.example

We will be in touch.

=== OTRS / Znuny auto reply | receipt |
From: Service <service@example.net>
Subject: [Ticket#2026112610000011] RE: Welcome
Precedence: bulk
Auto-Submitted: auto-generated
X-Mailer: OTRS Mail Service (7.0)
X-Powered-By: OTRS (https://otrs.example/)
X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply

Your e-mail has been received.

=== Request Tracker | receipt |
From: "Help via RT" <rt@example.net>
Subject: [example.net #123] AutoReply: Welcome
RT-Ticket: example.net #123
Managed-BY: RT 4.4.4
RT-Originator: community@example.org
Auto-Submitted: auto-replied
Precedence: bulk
X-RT-Loop-Prevention: example.net

This message has been automatically generated in response to your ticket.

=== osTicket | receipt |
From: Support <support@example.net>
Subject: Support Ticket Opened [#123456]
X-Auto-Response-Suppress: ALL, AutoReply
X-Autoreply: yes
X-Autorespond: osTicket
Auto-Submitted: auto-replied
X-Mailer: osTicket Mailer

A request for support has been created.

=== Redmine | robot |
From: redmine@example.net
Subject: [Site - Bug #12] (New) Welcome
X-Redmine-Host: redmine.example.net
X-Auto-Response-Suppress: All
Auto-Submitted: auto-generated
List-Id: <redmine.example.net>

Issue was reported.

=== GLPI | receipt |
From: glpi@example.net
Subject: [GLPI #0000123] New ticket
X-Auto-Response-Suppress: OOF, DR, NDR, RN, NRN
Auto-Submitted: auto-generated

Created.

=== Zammad | receipt |
From: Help via Zammad <zammad@example.net>
Subject: [Ticket#31001] Thanks for your inquiry (Welcome)
X-Mailer: Zammad Mail Service
Precedence: bulk
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
X-Powered-By: Zammad

Thanks.

=== GitHub | robot |
Return-Path: <noreply@github.example>
From: Joana <notifications@github.example>
Subject: Re: [example/site] Welcome (#12)
List-Id: example/site <site.example.github.example>
Precedence: list
X-GitHub-Sender: joana
X-GitHub-Reason: mention
X-GitHub-Recipient: community

Thanks!

=== GitLab | robot |
From: Joana <gitlab@mg.gitlab.example>
Subject: Re: site | Welcome (#12)
X-GitLab-Project: site
X-GitLab-NotificationReason: mentioned
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All

Thanks!

=== Discourse | robot |
From: Example via Discourse <discourse@example.net>
Subject: [Example] Welcome
Precedence: list
List-Id: "Example" <discourse.example.net>
X-Auto-Response-Suppress: All
Auto-Submitted: auto-generated
X-Discourse-Topic-Id: 4
Feedback-ID: example.net:user_posted:discoursemail

A post.

=== Amazon SES virtual assistant | robot |
From: no-reply-aws@amazon.example
Subject: Amazon SES Address Verification
Feedback-ID: 1.us-east-1:AmazonSES

Verify.

=== Amazon seller auto reply | answer |
Subject: Re: Welcome
X-Amazon-Auto-Reply: true

We answer within two days.

=== Mailman 2 held post | list |
From: walkers-bounces@lists.example.net
Subject: Your message to Walkers awaits moderator approval
Precedence: bulk
X-BeenThere: walkers@lists.example.net
X-Mailman-Version: 2.1.39
List-Id: <walkers.lists.example.net>
X-List-Administrivia: yes
Errors-To: walkers-bounces@lists.example.net

Is being held.

=== Mailman 2 confirmation | list |
From: walkers-request@lists.example.net
Subject: confirm 0a1b2c
Precedence: bulk
X-Mailman-Version: 2.1.39
X-List-Administrivia: yes

Mailing list subscription confirmation notice.

=== Mailman 3 confirmation | list |
From: walkers-confirm+0a1b2c@lists.example.net
Subject: Your confirmation is needed to join the walkers mailing list.
Auto-Submitted: auto-generated
Precedence: bulk

Confirm.

=== Mailman 3 automatic answer | list |
From: walkers-bounces@lists.example.net
Subject: Auto-response for your message to the "Walkers" mailing list
X-Mailer: The Mailman Replybot
X-Ack: No
Precedence: bulk

Hello.

=== Sympa | list |
From: SYMPA <sympa@lists.example.net>
Subject: Results of your commands
Auto-Submitted: auto-replied
X-Loop: sympa@lists.example.net
Precedence: bulk

Done.

=== LISTSERV | list |
From: "L-Soft list server" <LISTSERV@LISTSERV.example.net>
Subject: Output of your job
X-LISTSERV-Info: 16

Done.

=== Majordomo | list |
From: Majordomo@lists.example.net
Subject: Majordomo results
Precedence: bulk

Done.

=== ezmlm warning | list |
Return-Path: <>
From: walkers-help@lists.example.net
Subject: MODERATE for walkers@lists.example.net
Mailing-List: contact walkers-help@lists.example.net; run by ezmlm
Precedence: bulk

Hello.

=== Outlook read receipt | read |
Subject: Read: Welcome
Content-Type: multipart/report; report-type=disposition-notification; boundary="r"

--r
Content-Type: text/plain

Your message was read.
--r
Content-Type: message/disposition-notification

Final-Recipient: RFC822; joana@example.net
Disposition: manual-action/MDN-sent-manually; displayed
--r--

=== Thunderbird return receipt | read |
Subject: Return Receipt (displayed) - Welcome
Content-Type: multipart/report; report-type=disposition-notification; boundary="r"

--r
Content-Type: text/plain

This is a Return Receipt for the mail.
--r
Content-Type: message/disposition-notification

Reporting-UA: Thunderbird
Disposition: manual-action/MDN-sent-manually; displayed
--r--

=== Boxbe challenge | challenge |
Return-Path: <>
From: Boxbe <guest-list@boxbe.example>
Subject: Re: Welcome [Boxbe]
Auto-Submitted: auto-replied
Precedence: bulk
X-Boxbe-Tag: 1

Joana is using Boxbe to protect her mail.

=== Spam Arrest challenge | challenge |
Subject: Re: Welcome (verification)
Precedence: bulk
X-AntiAbuse: none
X-Loop: spamarrest autoresponder

Please click to be verified.

=== TMDA challenge | challenge |
Return-Path: <>
Subject: Please confirm your message
Auto-Submitted: auto-replied
X-Delivery-Agent: TMDA/1.1.12 (Macallan)
Precedence: bulk
Reply-To: joana-confirm-1.2.abc@example.net

This message was created automatically by mail delivery software (TMDA).

=== qconfirm challenge | challenge |
Return-Path: <>
Subject: Please confirm your message
Delivery-Agent: qconfirm

Reply to this.

=== Challenge without the standard | challenge |
Subject: Please confirm your message

Joana does not know you yet. This is an automated message: click below and she will get your mail.

=== Postfix bounce | bounce |
Return-Path: <>
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="r"

--r
Content-Type: text/plain

I'm sorry to have to inform you.
--r
Content-Type: message/delivery-status

Final-Recipient: rfc822; joana@example.net
Action: failed
Status: 5.1.1
--r--

=== Exim bounce | bounce |
Return-Path: <>
From: Mail Delivery System <Mailer-Daemon@mx.example.net>
Subject: Mail delivery failed: returning message to sender
X-Failed-Recipients: joana@example.net
Auto-Submitted: auto-replied

A message that you sent could not be delivered.

=== qmail bounce | bounce |
Return-Path: <>
From: MAILER-DAEMON@mx.example.net
Subject: failure notice

Hi. This is the qmail-send program.

=== Exchange bounce | bounce |
Return-Path: <>
From: Microsoft Outlook <postmaster@example.net>
Subject: Undeliverable: Welcome
X-MS-Exchange-Message-Is-Ndr:
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="r"

--r
Content-Type: message/delivery-status

Final-Recipient: rfc822;joana@example.net
Action: failed
Status: 5.1.10
--r--

=== Left the company, by a web form | receipt |
Subject: Vielen Dank für Ihre Nachricht

Diese E-Mail wurde automatisch erstellt. Bitte antworten Sie nicht auf diese E-Mail.

=== Vacation by a program that says nothing | answer | 2026-12-07
Subject: Urlaub

Ich bin im Urlaub und am 7.12. wieder im Büro.

=== A gateway's tag before the subject | answer |
Subject: [EXTERNAL] Automatic reply: Welcome

Away.

=== Sent on by Gmail, an answer still | answer |
Return-Path: <other+caf_=community=example.org@gmail.example>
X-Forwarded-To: community@example.org
X-Forwarded-For: other@gmail.example community@example.org
Subject: Automatic reply: Welcome
Auto-Submitted: auto-generated
X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent

Away.
"""

# What people wrote.
_PEOPLE = r"""
=== Answer to an automatic answer | person |
Subject: Re: Out of office

Enjoy your time off!

=== The same in German | person |
Subject: AW: Abwesenheitsnotiz

Schönen Urlaub!

=== The same in French | person |
Subject: RE: Réponse automatique : Welcome

Bon voyage.

=== Forwarded automatic answer | person |
Subject: Fwd: Automatic reply: Welcome

Look what I got from her.

=== Forwarded in German | person |
Subject: WG: Abwesend

Zur Kenntnis.

=== Watering | person |
Subject: Automatic watering of plants

Does anybody know a good one?

=== Autos | person |
Subject: Auto kaufen?

Kennt jemand einen Händler?

=== Auto in a word | person |
Subject: Auto-generated pages for members

Would that help?

=== Away in a word | person |
Subject: Away-team wanted

Who plays?

=== Automation | person |
Subject: Automating my office

I wrote a script.

=== Office hours | person |
Subject: Out of office hours

Can we meet at 19:00?

=== Vacation plans | person |
Subject: Vacation plans

Where do you go in summer?

=== A question about leave | person |
Subject: Parental leave - how did you do it?

I am thinking about it.

=== On holiday, and writing all the same | person |
Subject: Re: Welcome

I'm on vacation until 15 January but wanted to thank you for your story.

=== In a hotel | person |
Subject: Greetings from the beach

I am out of the office this week, and it is lovely.

=== On vacation next week | person |
Subject: I am on vacation next week, can we talk before?

Friday would suit me.

=== Urlaub | person |
Subject: Urlaub in Portugal

Hast du einen Tipp?

=== Auto-Submitted: no | person |
Subject: Hello
Auto-Submitted: no

Hello.

=== Auto-Submitted: no, with a comment | person |
Subject: Hello
Auto-Submitted: no (really)

Hello.

=== Precedence: normal | person |
Subject: Hello
Precedence: normal

Hello.

=== Precedence: first-class | person |
Subject: Hello
Precedence: first-class

Hello.

=== Precedence: special-delivery | person |
Subject: Hello
Precedence: special-delivery

Hello.

=== Mailman post | person |
Subject: [Walkers] Sunday
Precedence: list
List-Id: <walkers.lists.example.net>
List-Post: <mailto:walkers@lists.example.net>
List-Unsubscribe: <mailto:walkers-leave@lists.example.net>
X-BeenThere: walkers@lists.example.net
X-Mailman-Version: 2.1.39
Sender: "Walkers" <walkers-bounces@lists.example.net>

Who comes along?

=== Majordomo post, where every post is bulk | person |
Subject: Re: a patch
Precedence: bulk
List-Id: <dev.vger.example>
List-Post: <mailto:dev@vger.example>
X-Mailing-List: dev@vger.example

Looks good to me.

=== Google Groups post | person |
Subject: Re: Sunday
Precedence: list
Mailing-list: list walkers@googlegroups.example; contact walkers+owners@googlegroups.example
List-ID: <walkers.googlegroups.example>
List-Post: <https://groups.google.example/group/walkers/post>, <mailto:walkers@googlegroups.example>
X-Google-Group-Id: 1

I do.

=== SmartList post with its loop mark | person |
Subject: Sunday
X-Mailing-List: <users@lists.debian.example>
X-Loop: users@lists.debian.example
List-Post: <mailto:users@lists.debian.example>
Precedence: list

Hello.

=== Forwarded by procmail | person |
Subject: Hello
X-Loop: other@example.com

Hello.

=== Sent through a distribution group of Exchange | person |
Subject: Hello
X-Auto-Response-Suppress: DR, OOF, AutoReply
X-MS-Exchange-Organization-AuthAs: Internal

Hello.

=== A company that wants no automatic answers | person |
Subject: Re: Welcome
X-Auto-Response-Suppress: All
X-Mailer: Microsoft Outlook 16.0

I can come on Monday.

=== The same, on holiday | person |
Subject: Re: Welcome
X-Auto-Response-Suppress: All

I am on vacation, but I can come on Monday.

=== X-Auto-Response-Suppress: None | person |
Subject: Thank you for your message
X-Auto-Response-Suppress: None

It helped me.

=== Thanks | person |
Subject: Thank you for your message

It helped me a lot.

=== Thanks, in German | person |
Subject: Vielen Dank für Ihre Nachricht

Ich habe mich sehr gefreut.

=== A question about a ticket | person |
Subject: Your ticket for Sunday

I have one left, do you want it?

=== A mail client's name | person |
Subject: Hello
X-Mailer: Apple Mail (2.3774.300.61.1.2)

Hello.

=== A mail of a small company, through Amazon SES | person |
Subject: Hello
Feedback-ID: 1.eu-west-1.abc=:AmazonSES
X-SES-Outgoing: 2026.11.26-10.0.0.1

Hello.

=== Redirected by a rule of Exchange | person |
Subject: Hello
Resent-From: <other@example.com>
X-MS-Exchange-Inbox-Rules-Loop: other@example.com
X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent

Hello.

=== Forwarded by Gmail | person |
Return-Path: <other+caf_=community=example.org@gmail.example>
Subject: Hello
X-Forwarded-To: community@example.org
X-Forwarded-For: other@gmail.example community@example.org

Hello.

=== Redirected by CommuniGate Pro | person |
Subject: Hello
X-Autogenerated: Redirect

Hello.

=== X-Autoreply: no | person |
Subject: Hello
X-Autoreply: no

Hello.

=== Asks for no vacation notes | person |
Subject: Hello
X-No-Auto-Reply: yes

Hello.

=== An invitation | person |
Subject: Coffee?
Content-Type: multipart/alternative; boundary="c"

--c
Content-Type: text/plain

Shall we meet?
--c
Content-Type: text/calendar; method=REQUEST

BEGIN:VCALENDAR
METHOD:REQUEST
END:VCALENDAR
--c--

=== Wants a read receipt | person |
Subject: Hello
Disposition-Notification-To: joana@example.net
Return-Receipt-To: joana@example.net

Hello.

=== About a robot | person |
Subject: That mail

I only got "this is an automated message, do not reply to this" from you. Is anybody there?

=== A person called Noreply | person |
From: Anna <noreplyanna@example.net>
Subject: Hello

Hello.

=== A person with a tag | person |
From: Anna <anna+notifications@example.net>
Subject: Hello

Hello.

=== A bounce, told by a person | person |
Subject: Your mail came back

I wrote to Ana and got "550 5.1.1 user unknown". Has she moved?

=== Forwarded bounce | person |
Subject: Fwd: Undelivered Mail Returned to Sender
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: text/plain

Can you help?
--m
Content-Type: message/rfc822

From: MAILER-DAEMON@mx.example.net
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied

I'm sorry.
--m--

=== A parcel | person |
Subject: Delivery failure of my parcel

Did anybody get it for me?

=== A letter | person |
Subject: Returned mail from your office

The post brought it back.

=== Absent minded | person |
Subject: Absent friends

A toast.

=== Absence | person |
Subject: Absences of the board

Who can come?

=== Away | person |
Subject: Away game on Saturday

Who drives?

=== OOO in a word | person |
Subject: Oooh, thank you!

Lovely.

=== Feriengrüße | person |
Subject: Ferien im Schnee

Wer kommt mit?

=== Japanese | person |
Subject: 自動車について

車の話をしましょう。

=== Japanese, on the autumn holidays | person |
Subject: 休暇の過ごし方

おすすめはありますか。

=== Russian | person |
Subject: Отпуск на море

Кто был?

=== Newsletter of a person, with its list's marks | person |
Subject: My week
List-Unsubscribe: <mailto:leave@example.net>

I planted tomatoes.

=== A spam filter's marks | person |
Subject: [SPAM?] Hello
X-Spam-Status: No, score=-0.1
X-Spam-Auto-Learn: no

Hello.
"""

# Nothing but a subject, by language.
SUBJECTS = {
    "en": ["Automatic reply: Welcome", "Out of Office", "OOO: Welcome", "Joana is out of the office until 7 Dec", "[Auto-Reply] Welcome",
           "Out of office Dec 22 - Jan 4", "Auto: Welcome", "On annual leave until 15 January"],
    "de": ["Automatische Antwort: Willkommen", "Abwesenheitsnotiz", "Abwesend bis 15.01.", "Joana Silva ist außer Haus.", "Nicht im Büro: x"],
    "fr": ["Réponse automatique : Bienvenue", "Reponse automatique", "Absente du bureau", "Message d’absence", "Absent jusqu'au 15/01"],
    "es": ["Respuesta automática: Hola", "Fuera de la oficina", "Ausente hasta el 15 de enero", "RESPUESTA AUTOMATICA"],
    "pt": ["Resposta automática: Olá", "Fora do escritório", "Ausência temporária: Olá", "Ausente até 15/01"],
    "it": ["Risposta automatica: Ciao", "Fuori ufficio", "Assente fino al 15 gennaio"],
    "nl": ["Automatisch antwoord: Hallo", "Afwezig tot 15 januari", "Automatische reactie", "Afwezigheidsbericht"],
    "pl": ["Automatyczna odpowiedź: Cześć", "Odpowiedź automatyczna", "Nieobecność: Cześć", "Poza biurem do 15.01"],
    "cs": ["Automatická odpověď: Ahoj", "Mimo kancelář", "Nepřítomnost do 15. ledna"],
    "ru": ["Автоматический ответ: Привет", "Автоответ", "Вне офиса до 15 января"],
    "uk": ["Автоматична відповідь: Привіт", "Поза офісом", "Автовідповідь"],
    "sv": ["Autosvar: Hej", "Automatiskt svar: Hej", "Frånvarande t.o.m. 15/1", "Frånvaromeddelande"],
    "da": ["Automatisk svar: Hej", "Ikke på kontoret", "Fravær: Hej"],
    "nb": ["Automatisk svar: Hei", "Fraværsassistent: Hei", "Fraværende fra 15. januar"],
    "fi": ["Automaattinen vastaus: Hei", "Poissa toimistolta", "Poissaoloviesti"],
    "tr": ["Otomatik Yanıt: Merhaba", "Ofis Dışında", "OTOMATIK YANIT"],
    "el": ["Αυτόματη απάντηση: Γεια", "Εκτός γραφείου"],
    "hu": ["Automatikus válasz: Szia", "Házon kívül"],
    "ro": ["Răspuns automat: Salut"],
    "ja": ["自動応答: ようこそ", "自動返信：ようこそ", "不在のお知らせ", "【自動返信】ようこそ", "不在(12/6まで)"],
    "zh": ["自动回复: 欢迎", "自動回覆: 歡迎", "自动答复", "不在办公室"],
    "ko": ["자동 회신: 안녕", "부재중 알림", "자동응답", "부재중"],
    "ar": ["رد تلقائي: مرحبا", "الرد التلقائي", "خارج المكتب"],
    "he": ["תשובה אוטומטית: שלום"],
    "vi": ["Trả lời tự động: Xin chào"],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipe:
    """A mail and what it is."""

    name: str
    kind: str  # as the comments above say, or "person"
    back: str  # the day of return the mail names, or empty
    raw: bytes


def _read(text: str) -> list[Recipe]:
    recipes: list[Recipe] = []
    for block in text.strip().removeprefix("===").split("\n==="):
        head, _, mail = block.partition("\n")
        name, kind, back = (piece.strip() for piece in head.split("|"))
        recipes.append(Recipe(name, kind, back, _complete(mail.rstrip() + "\n", len(recipes))))
    return recipes


def _complete(mail: str, number: int) -> bytes:
    """With the headers every mail has."""
    known = read_headers(mail.encode())
    more = {"From": f"Joana <{JOANA}>", "To": MAILBOX, "Message-ID": f"<recipe-{number}-{len(mail)}@example.net>"}
    return (
        "".join(f"{name}: {value}\n" for name, value in more.items() if not known.has(name.lower())) + mail
    ).encode()


MACHINES, PEOPLE = _read(_MACHINES), _read(_PEOPLE)
