/* SPDX-License-Identifier: MIT */
/* The character classes of RFC 3986, RFC 9110 and RFC 9112. They do not depend on a locale. */
#ifndef HELLO_LIB_ASCII_H
#define HELLO_LIB_ASCII_H

#include <stdbool.h>
#include <stddef.h>

/* Whether every byte of a text is of a class. */
bool hello__all_bytes(const char *text, size_t length, bool (*is_allowed)(char));

/* Below 0x20, or 0x7F. */
bool hello__is_control(char c);

bool hello__is_ascii(char c);
bool hello__is_alpha(char c);
bool hello__is_digit(char c);
bool hello__is_hex(char c);

/* The value of a byte for which hello__is_hex() holds. */
unsigned hello__hex_value(char c);

/* tchar (RFC 9110, section 5.6.2). */
bool hello__is_token(char c);

/* A byte that a field value may hold: visible, space, tab, or outside ASCII. */
bool hello__is_field_value(char c);

/* What may follow the first letter of a scheme, letters included. */
bool hello__is_scheme_tail(char c);

/* What may stand in userinfo, the percent sign of an escape included. */
bool hello__is_userinfo(char c);

/* What may stand unescaped in the host of a request-target; wider than RFC 3986, as in the model.
 */
bool hello__is_host(char c);

/* What may stand in a Host field. */
bool hello__is_host_field(char c);

/* What stands unescaped in the path of a Location field. */
bool hello__is_location_path(char c);

#endif
