/* SPDX-License-Identifier: MIT */
#include <hello/hello.h>
#include <microhttpd.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *hello_version(void)
{
    return TEXT(HELLO_VERSION_MAJOR) "." TEXT(HELLO_VERSION_MINOR) "." TEXT(HELLO_VERSION_PATCH);
}

int hello_version_number(void)
{
    return HELLO_VERSION_NUMBER;
}

const char *hello_microhttpd_version(void)
{
#ifdef BUNDLED_MICROHTTPD
    return BUNDLED_MICROHTTPD;
#else
    return MHD_get_version(); /* may be newer than the version at build time */
#endif
}
