/* SPDX-License-Identifier: MIT */
/* memmove() and memcpy() for the static hellod on x86-64.
 *
 * What is moved there is a few bytes to a few hundred, the pieces of a head. musl's memcpy() is a
 * `rep movsq` whatever the length, which takes longer to begin than a hundred bytes to copy. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What is moved at once: so many bytes, of any type, wherever they lie. */
typedef uint16_t two __attribute__((may_alias, aligned(1)));
typedef uint32_t four __attribute__((may_alias, aligned(1)));
typedef uint64_t eight __attribute__((may_alias, aligned(1)));
typedef uint64_t pair __attribute__((vector_size(16)));
typedef pair sixteen __attribute__((may_alias, aligned(1)));

/* Both ends, which may overlap each other: the whole of at most two units. All is read before
 * any is written. */
#define MOVE_ENDS(unit)                                                                            \
    do {                                                                                           \
        unit first = *(const unit *)source;                                                        \
        unit last = *(const unit *)(source + size - sizeof(unit));                                 \
        *(unit *)target = first;                                                                   \
        *(unit *)(target + size - sizeof(unit)) = last;                                            \
    } while (0)

static void move_up_to_15(char *target, const char *source, size_t size)
{
    if (size >= sizeof(eight))
        MOVE_ENDS(eight);
    else if (size >= sizeof(four))
        MOVE_ENDS(four);
    else if (size >= sizeof(two))
        MOVE_ENDS(two);
    else if (size > 0)
        *target = *source;
}

/* The last unit is read first, as the loop may write over it. */
static void move_forwards(char *target, const char *source, size_t size)
{
    const size_t end = size - sizeof(sixteen);
    sixteen last = *(const sixteen *)(source + end);
    for (size_t i = 0; i < end; i += sizeof(sixteen))
        *(sixteen *)(target + i) = *(const sixteen *)(source + i);
    *(sixteen *)(target + end) = last;
}

static void move_backwards(char *target, const char *source, size_t size)
{
    sixteen first = *(const sixteen *)source;
    for (size_t i = size; i > sizeof(sixteen);) {
        i -= sizeof(sixteen);
        *(sixteen *)(target + i) = *(const sixteen *)(source + i);
    }
    *(sixteen *)target = first;
}

void *memmove(void *target, const void *source, size_t size)
{
    if (size < sizeof(sixteen))
        move_up_to_15(target, source, size);
    else if ((uintptr_t)target - (uintptr_t)source >= size)
        move_forwards(target, source, size);
    else
        move_backwards(target, source, size);
    return target;
}

void *memcpy(void *restrict target, const void *restrict source, size_t size)
{
    return memmove(target, source, size);
}
