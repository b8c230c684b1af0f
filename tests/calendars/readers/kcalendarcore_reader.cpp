// KCalendarCore, which KOrganizer, Merkuro and Plasma read calendars with: expands the calendar on stdin over the years
// of calendars/programs.py, one JSON object a line. A zone it does not know by its IANA name becomes the zone of the
// machine whose changes are most like those of the VTIMEZONE.
#include <KCalendarCore/Event>
#include <KCalendarCore/ICalFormat>
#include <KCalendarCore/MemoryCalendar>
#include <KCalendarCore/OccurrenceIterator>
#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTimeZone>
#include <cstdio>

using namespace KCalendarCore;

static QString moment(const QDateTime &value, bool isDay)
{
    return isDay ? value.date().toString(Qt::ISODate) : value.toUTC().toString(Qt::ISODate);
}

static QString status(const Event &event)
{
    switch (event.status()) {
    case Incidence::StatusConfirmed: return QStringLiteral("CONFIRMED");
    case Incidence::StatusTentative: return QStringLiteral("TENTATIVE");
    case Incidence::StatusCanceled: return QStringLiteral("CANCELLED");
    default: return QString();
    }
}

int main(int count, char **arguments)
{
    QCoreApplication application(count, arguments);
    if (count != 3)
        return 2;
    QFile input, output;
    if (!input.open(stdin, QIODevice::ReadOnly) || !output.open(stdout, QIODevice::WriteOnly))
        return 2;
    const MemoryCalendar::Ptr calendar(new MemoryCalendar(QTimeZone::utc()));
    if (!ICalFormat().fromRawString(calendar, input.readAll()))
        return 1;
    const auto day = [arguments](int index) {
        return QDateTime(QDate::fromString(QString::fromLatin1(arguments[index]), Qt::ISODate), QTime(0, 0), Qt::UTC);
    };
    OccurrenceIterator occurrences(*calendar, day(1), day(2));
    while (occurrences.hasNext()) {
        occurrences.next();
        const auto event = occurrences.incidence().dynamicCast<Event>();
        if (!event)
            continue;
        const bool isDay = event->allDay();
        const QDateTime start = occurrences.occurrenceStartDate();
        QDateTime end = event->hasEndDate() || event->hasDuration() ? occurrences.occurrenceEndDate() : start;
        if (isDay) // it counts the last day in
            end = end.addDays(1);
        const QJsonObject line{
            {QStringLiteral("uid"), event->uid()},
            {QStringLiteral("start"), moment(start, isDay)},
            {QStringLiteral("end"), moment(end, isDay)},
            {QStringLiteral("status"), status(*event)},
            {QStringLiteral("summary"), event->summary()},
        };
        output.write(QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n');
    }
    return 0;
}
