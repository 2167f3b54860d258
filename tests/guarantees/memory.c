/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdatomic.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *block);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);

static _Thread_local int inside;
static atomic_uint left; /* allocations until one fails, that one included; 0 = none does */
static atomic_bool failed;
static atomic_int live;

void memory_enter(void)
{
    inside++;
}

void memory_leave(void)
{
    inside--;
}

bool memory_is_inside(void)
{
    return inside > 0;
}

void memory_fail_at(unsigned n)
{
    if (n > 0)
        failed = false;
    left = n;
}

bool memory_has_failed(void)
{
    return failed;
}

int memory_live(void)
{
    return live;
}

static bool fails(void)
{
    if (!inside || left == 0 || --left > 0)
        return false;
    failed = true;
    return true;
}

static void *counted(void *block)
{
    if (block && inside)
        live++;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (fails())
        return NULL;
    void *moved = __real_realloc(block, size);
    return block ? moved : counted(moved);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : counted(__real_strdup(text));
}

void __wrap_free(void *block)
{
    if (block && inside)
        live--;
    __real_free(block);
}
