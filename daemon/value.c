/* SPDX-License-Identifier: MIT */
#include "flags.h"

#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void *member(const struct settings *settings, const struct flag *flag)
{
    return (char *)settings + flag->offset;
}

__attribute__((format(printf, 2, 3))) static const char *explain(struct settings *settings,
                                                                 const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(settings->reason, sizeof settings->reason, format, arguments);
    va_end(arguments);
    return settings->reason;
}

/* ---- Numbers ---- */

uint64_t value_digits(const char *text, const char **end, unsigned base)
{
    uint64_t number = 0;
    for (; *text >= '0' && *text < (char)('0' + base); text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        number = number > (UINT64_MAX - digit) / base ? UINT64_MAX : number * base + digit;
    }
    *end = text;
    return number;
}

/* A mode is a number in octal, "0660" or "660". */
static bool is_mode(const struct flag *flag)
{
    return flag->kind == &value_mode;
}

static const char *read_number(struct settings *settings, const struct flag *flag, const char *text)
{
    const char *end, *word = flag_part(flag, FLAG_WORDS);
    uint64_t number = value_digits(text, &end, is_mode(flag) ? 8 : 10);
    if (word && strcmp(text, word) == 0)
        number = 0;
    else if (end == text || *end || number < flag->least || number > flag->most)
        return explain(settings,
                       is_mode(flag) ? "is not an octal number from %o to %o%s%s"
                                     : "is not a number from %u to %u%s%s",
                       flag->least, flag->most, word ? ", or " : "", word ? word : "");
    *(uint32_t *)member(settings, flag) = (uint32_t)number;
    return NULL;
}

static const char *write_number(const struct settings *settings, const struct flag *flag,
                                uint32_t index, char buffer[VALUE_SIZE])
{
    const uint32_t number = *(uint32_t *)member(settings, flag);
    const char *word = flag_part(flag, FLAG_WORDS);
    (void)index;
    snprintf(buffer, VALUE_SIZE, is_mode(flag) ? "%04o" : "%u", number);
    return number == 0 && word ? word : buffer;
}

const struct kind value_number = {read_number, write_number, 0, 0, NULL};
const struct kind value_mode = {read_number, write_number, 0, 0, NULL};

/* ---- Durations ---- */

/* "5", "5s" or "500ms". Returns the end of the duration; NULL if it is invalid. */
static const char *parse_duration(const char *text, uint32_t *milliseconds)
{
    const char *unit;
    const uint64_t number = value_digits(text, &unit, 10);
    const bool is_ms = strncmp(unit, "ms", 2) == 0;
    const uint64_t scale = is_ms ? 1 : 1000;
    *milliseconds = (uint32_t)(number * scale);
    return unit == text || number > (HELLO_NO_TIMEOUT - 1) / scale ? NULL
           : is_ms                                                 ? unit + 2
                                                                   : unit + (*unit == 's');
}

/* 0 is stored as flag->most, which is HELLO_NO_TIMEOUT for a limit. A span has its least and its
 * most: "50ms..2s", or "50ms" for both. */
static const char *read_duration(struct settings *settings, const struct flag *flag,
                                 const char *text)
{
    const bool is_span = flag->kind == &value_span;
    uint32_t *least = member(settings, flag), most;
    const char *end = parse_duration(text, least);
    most = *least;
    if (is_span && end && strncmp(end, "..", 2) == 0)
        end = parse_duration(end + 2, &most);
    if (is_span)
        least[1] = most;
    if (end && !*end && *least <= most) {
        *least = *least > 0 ? *least : flag->most;
        return NULL;
    }
    return is_span ? "is not a duration like 5, 5s or 500ms, or a range from less to more like "
                     "50ms..2s, up to 4294967s"
                   : "is not a duration like 5, 5s or 500ms, up to 4294967s";
}

static const char *write_duration(const struct settings *settings, const struct flag *flag,
                                  uint32_t index, char buffer[VALUE_SIZE])
{
    const uint32_t *span = member(settings, flag);
    (void)index;
    if (flag->kind == &value_span && span[0] < span[1])
        snprintf(buffer, VALUE_SIZE, "%ums..%ums", span[0], span[1]);
    else
        snprintf(buffer, VALUE_SIZE, "%ums", *span == HELLO_NO_TIMEOUT ? 0 : *span);
    return buffer;
}

const struct kind value_duration = {read_duration, write_duration, 0, 0, NULL};
const struct kind value_span = {read_duration, write_duration, 0, 0, NULL};

/* ---- Choices ---- */

/* The member is the index of the word in FLAG_WORDS. */
static const char *read_choice(struct settings *settings, const struct flag *flag, const char *text)
{
    const size_t size = strlen(text);
    const char *words = flag_part(flag, FLAG_WORDS);
    uint32_t place = 0;
    for (const char *word = words; *word; place++) {
        const size_t length = strcspn(word, "|");
        if (length == size && memcmp(word, text, length) == 0) {
            *(uint32_t *)member(settings, flag) = place;
            return NULL;
        }
        word += length + (word[length] == '|');
    }
    return explain(settings, "is not one of %s", words);
}

static const char *write_choice(const struct settings *settings, const struct flag *flag,
                                uint32_t index, char buffer[VALUE_SIZE])
{
    const char *word = flag_part(flag, FLAG_WORDS);
    for (index = *(uint32_t *)member(settings, flag); index > 0; index--)
        word += strcspn(word, "|") + 1;
    snprintf(buffer, VALUE_SIZE, "%.*s", (int)strcspn(word, "|"), word);
    return buffer;
}

const struct kind value_choice = {read_choice, write_choice, 0, 0, NULL};

/* ---- Texts ---- */

/* NULL, or the mistake. Only a greeting may be empty. */
static const char *find_fault(struct settings *settings, const struct flag *flag, const char *text)
{
    const char *fault = flag->kind->fault ? flag->kind->fault(text) : NULL;
    if (fault || *text || flag->kind == &value_greeting)
        return fault;
    return explain(settings, "is empty; expected %s, see hellod --help",
                   flag_part(flag, FLAG_ARGUMENT));
}

static const char *read_text(struct settings *settings, const struct flag *flag, const char *text)
{
    *(const char **)member(settings, flag) = text;
    return find_fault(settings, flag, text);
}

static const char *write_text(const struct settings *settings, const struct flag *flag,
                              uint32_t index, char buffer[VALUE_SIZE])
{
    const char *text = *(const char **)member(settings, flag);
    (void)index;
    (void)buffer;
    /* The usual greeting is not in force with --format json. */
    return text || settings->answer.is_json ? text : flag_part(flag, FLAG_WORDS);
}

const struct kind value_text = {read_text, write_text, 0, 0, NULL};
const struct kind value_greeting = {read_text, write_text, 0, 0, format_fault};

/* ---- Statuses ---- */

/* "@10%" or "@0.5%". share: in thousandths of a percent. Returns whether the text is valid. */
static bool parse_share(const char *text, uint32_t *share)
{
    const char *end;
    const uint64_t percent = value_digits(text + 1, &end, 10);
    uint32_t scale = ANSWER_CERTAIN / 100;
    *share = (uint32_t)(percent * scale);
    if (end == text + 1 || percent > 100)
        return false;
    if (*end == '.')
        for (end++; *end >= '0' && *end <= '9' && scale > 1; end++)
            *share += (uint32_t)(*end - '0') * (scale /= 10);
    return *text == '@' && strcmp(end, "%") == 0;
}

static const char *read_status(struct settings *settings, const struct flag *flag, const char *text)
{
    struct answer *answer = &settings->answer;
    struct answer_status *added = &answer->statuses[answer->status_count];
    const char *end;
    const uint64_t status = value_digits(text, &end, 10);
    uint32_t taken = 0;
    if (answer->status_count == ANSWER_STATUSES)
        return explain(settings, "is one too many; at most %d are accepted", ANSWER_STATUSES);
    *added = (struct answer_status){(uint32_t)status, ANSWER_CERTAIN};
    if (status < flag->least || status > flag->most || (*end && !parse_share(end, &added->share)))
        return explain(settings,
                       "is not a status from %u to %u, such as 503, 503@10%% or 503@0.5%%",
                       flag->least, flag->most);
    for (uint32_t i = 0; i <= answer->status_count; i++)
        taken += answer->statuses[i].share;
    if (taken > ANSWER_CERTAIN)
        return "raises the sum of the shares above 100%; at most 100% is accepted";
    answer->status_count++;
    return NULL;
}

static const char *write_status(const struct settings *settings, const struct flag *flag,
                                uint32_t index, char buffer[VALUE_SIZE])
{
    const struct answer *answer = &settings->answer;
    const struct answer_status *status = &answer->statuses[index];
    if (index >= answer->status_count)
        return index == 0 ? flag_part(flag, FLAG_WORDS) : NULL;
    snprintf(buffer, VALUE_SIZE, "%u@%u.%03u%%", status->status, status->share / 1000,
             status->share % 1000);
    return buffer;
}

const struct kind value_status = {read_status, write_status, ',', ',', NULL};

/* ---- Lists of texts ---- */

static const char *read_texts(struct settings *settings, const struct flag *flag, const char *text)
{
    struct names *names = member(settings, flag);
    const char *fault = find_fault(settings, flag, text);
    if (fault)
        return fault;
    for (uint32_t i = 0; flag->kind == &value_members && i < names->count; i++)
        if (strcmp(names->items[i], text) == 0)
            return "is given twice; expected each name only once";
    if (names->count == flag->most)
        return explain(settings, "is one too many; at most %u are accepted", flag->most);
    names->items[names->count++] = text;
    return NULL;
}

static const char *write_texts(const struct settings *settings, const struct flag *flag,
                               uint32_t index, char buffer[VALUE_SIZE])
{
    const struct names *names = member(settings, flag);
    (void)buffer;
    return index < names->count ? names->items[index] : NULL;
}

/* Of the name of a request field. */
static const char *name_fault(const char *text)
{
    char name[64];
    int length = snprintf(name, sizeof name, "x%s", text); /* with an x, no name is reserved */
    return length < (int)sizeof name && hello_field_check(name, "") == 0
               ? NULL
               : "is not a field name such as User-Agent, of up to 62 characters";
}

static const char *member_fault(const char *text)
{
    return access_has_member(text)
               ? "is a member of each JSON line; expected a capital letter, as in Host"
               : name_fault(text);
}

const struct kind value_texts = {read_texts, write_texts, ',', 0, NULL};
const struct kind value_fields = {read_texts, write_texts, '\n', 0, answer_field_fault};
const struct kind value_names = {read_texts, write_texts, ',', ',', name_fault};
const struct kind value_members = {read_texts, write_texts, ',', ',', member_fault};
