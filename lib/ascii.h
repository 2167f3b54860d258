/* SPDX-License-Identifier: MIT */
/* The character classes of RFC 3986, RFC 9110 and RFC 9112. They do not depend on a locale. */
#pragma once

#include <stddef.h>

/* At most eight classes, so that one byte of the table holds all of them. */
enum ascii_class {
    ASCII_ESCAPED_PATH = 1 << 0,  /* of RFC 3986, with "[", "]" and the percent sign */
    ASCII_TOKEN = 1 << 1,         /* tchar (RFC 9110, section 5.6.2) */
    ASCII_FIELD_VALUE = 1 << 2,   /* visible, space, tab, or outside ASCII */
    ASCII_PLAIN = 1 << 3,         /* no control byte, no start of an escape or of a query */
    ASCII_USERINFO = 1 << 4,      /* the percent sign of an escape included */
    ASCII_REG_NAME = 1 << 5,      /* a host name; the percent sign of an escape included */
    ASCII_LOCATION_PATH = 1 << 6, /* unescaped in the path of a Location field */
    ASCII_NO_CONTROL = 1 << 7,    /* neither below 0x20 nor 0x7F */
};

/* The bits of `classes` (enum ascii_class) that all bytes of a text share. */
unsigned hello__all_bytes(const char *text, size_t length, unsigned classes);
