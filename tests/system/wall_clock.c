/* SPDX-License-Identifier: MIT */
/* The wall clock of one process, to be stepped from outside: preloaded, it adds what the file
 * named by WALL_CLOCK holds, a number of seconds, to every reading. Other clocks are left alone. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *step;

__attribute__((constructor)) static void open_step(void)
{
    const char *path = getenv("WALL_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        abort();
    step = mmap(NULL, sizeof *step, PROT_READ, MAP_SHARED, fd, 0);
    if (step == MAP_FAILED)
        abort();
    close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    int (*next)(clockid_t, struct timespec *);
    /* Where time_t is longer than a long, the header gives the function another name. */
    const char *name = sizeof(time_t) > sizeof(long) ? "__clock_gettime64" : "clock_gettime";
    *(void **)&next = dlsym(RTLD_NEXT, name);
    int error = next(clock, time);
    if (error == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += step ? *step : 0; /* a library's constructor may come first */
    return error;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){precise.tv_sec, precise.tv_nsec / 1000};
    return 0;
}
