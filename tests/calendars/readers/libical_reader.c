/* libical, which Evolution, GNOME Calendar and Orage read calendars with: expands the calendar on stdin over the years
 * of calendars/programs.py, one JSON object a line. Offsets are those of the calendar's VTIMEZONE. */
#include <libical/ical.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const char *value) { return value ? value : ""; }

static void print_string(const char *name, const char *value) {
    printf("\"%s\": \"", name);
    for (; *value; value++) {
        unsigned char octet = (unsigned char)*value;
        if (octet == '"' || octet == '\\') printf("\\%c", octet);
        else if (octet < 0x20) printf("\\u%04x", octet);
        else putchar(octet);
    }
    putchar('"');
}

static void print_moment(const char *name, time_t moment, bool is_day) {
    struct tm parts;
    char text[32];
    gmtime_r(&moment, &parts);
    strftime(text, sizeof text, is_day ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &parts);
    print_string(name, text);
}

static const char *status_of(icalcomponent *event) {
    icalproperty *status = icalcomponent_get_first_property(event, ICAL_STATUS_PROPERTY);
    return status ? icalproperty_get_value_as_string(status) : "";
}

static time_t instant(struct icaltimetype moment) { return icaltime_as_timet_with_zone(moment, moment.zone); }

static void print_occurrence(icalcomponent *event, time_t start) {
    struct icaltimetype first = icalcomponent_get_dtstart(event);
    time_t length = instant(icalcomponent_get_dtend(event)) - instant(first);
    printf("{");
    print_string("uid", text_of(icalcomponent_get_uid(event)));
    printf(", ");
    print_moment("start", start, first.is_date);
    printf(", ");
    print_moment("end", start + length, first.is_date);
    printf(", ");
    print_string("status", status_of(event));
    printf(", ");
    print_string("summary", text_of(icalcomponent_get_summary(event)));
    printf("}\n");
}

static bool is_change(icalcomponent *event) {
    return icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY) != NULL;
}

/* The instants of one series that an event of their own stands for. */
struct replaced {
    time_t *instants;
    size_t count;
};

static void find_replaced(icalcomponent *calendar, icalcomponent *event, struct replaced *replaced) {
    icalcompiter events = icalcomponent_begin_component(calendar, ICAL_VEVENT_COMPONENT);
    replaced->count = 0;
    for (icalcomponent *one; (one = icalcompiter_deref(&events)); icalcompiter_next(&events))
        if (is_change(one) && strcmp(text_of(icalcomponent_get_uid(one)), text_of(icalcomponent_get_uid(event))) == 0)
            replaced->instants[replaced->count++] = instant(icalproperty_get_datetime_with_component(
                icalcomponent_get_first_property(one, ICAL_RECURRENCEID_PROPERTY), one));
}

static void take_occurrence(icalcomponent *event, struct icaltime_span *span, void *data) {
    const struct replaced *replaced = data;
    for (size_t index = 0; index < replaced->count; index++)
        if (replaced->instants[index] == span->start) return;
    print_occurrence(event, span->start);
}

static struct icaltimetype midnight(const char *day) { /* 2010-01-01 */
    char text[17];
    snprintf(text, sizeof text, "%.4s%.2s%.2sT000000Z", day, day + 5, day + 8);
    return icaltime_from_string(text);
}

static char *read_all(void) {
    size_t size = 0, room = 1 << 20;
    char *text = malloc(room);
    for (size_t got; text && (got = fread(text + size, 1, room - size - 1, stdin)) > 0; size += got)
        if (room - size - got - 1 < 65536) text = realloc(text, room *= 2);
    if (text) text[size] = 0;
    return text;
}

int main(int count, char **arguments) {
    if (count != 3 || strlen(arguments[1]) != 10 || strlen(arguments[2]) != 10) return 2;
    char *text = read_all();
    icalcomponent *calendar = text ? icalparser_parse_string(text) : NULL;
    if (!calendar) return 1;
    size_t most = (size_t)icalcomponent_count_components(calendar, ICAL_VEVENT_COMPONENT);
    struct replaced replaced = {calloc(most + 1, sizeof(time_t)), 0};
    if (!replaced.instants) return 1;
    icalcompiter events = icalcomponent_begin_component(calendar, ICAL_VEVENT_COMPONENT);
    for (icalcomponent *event; (event = icalcompiter_deref(&events)); icalcompiter_next(&events)) {
        if (is_change(event)) {
            print_occurrence(event, instant(icalcomponent_get_dtstart(event)));
            continue;
        }
        replaced.count = 0;
        if (icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY)) find_replaced(calendar, event, &replaced);
        icalcomponent_foreach_recurrence(event, midnight(arguments[1]), midnight(arguments[2]), take_occurrence, &replaced);
    }
    return 0;
}
