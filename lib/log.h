/* SPDX-License-Identifier: MIT */
/* A line for the log callback of a server's options. */
#pragma once

#include <hello/hello.h>
#include <stdarg.h>

/* Formats as printf() does, cut at 256 bytes. */
__attribute__((format(printf, 3, 4))) void hello__log(const struct hello_options *options,
                                                      enum hello_log_level level,
                                                      const char *format, ...);

__attribute__((format(printf, 3, 0))) void hello__vlog(const struct hello_options *options,
                                                       enum hello_log_level level,
                                                       const char *format, va_list arguments);
