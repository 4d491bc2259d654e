/* What the tests of the C interface share: checks that say where they failed,
 * and handles on the cache that the environment names. */
#ifndef CHECK_H
#define CHECK_H

/* Before any system header: threads, fork, setenv, nanosleep. */
#define _POSIX_C_SOURCE 200112L

#include <s3cache.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What an out-parameter holds before the call: freed or followed, it is noticed. */
#define GARBAGE ((void *)(uintptr_t)0x5a5a5a5a)
#define GARBAGE_NUMBER 0x5a5a

/* One more than the longest length. */
#define TOO_LONG ((size_t)PTRDIFF_MAX + 1)

#define CHECK(condition)                                                      \
    do {                                                                      \
        if (!(condition))                                                     \
            failed(__FILE__, __LINE__, #condition, "it does not hold");       \
    } while (0)

/* The call, whose last argument is written `error`, gives this result: with an
 * error object of that kind if it is negative, and with none if not. */
#define GIVES(expected, call)                                                 \
    do {                                                                      \
        s3cache_error *given_error = (s3cache_error *)GARBAGE;                \
        s3cache_error **error = &given_error;                                 \
        s3cache_result given_result = (call);                                 \
        judge(__FILE__, __LINE__, #call, (expected), given_result, given_error); \
    } while (0)

/* Likewise, and again with a NULL for the error: for what can be done twice. */
#define GIVES_TWICE(expected, call)                                           \
    do {                                                                      \
        GIVES(expected, call);                                                \
        {                                                                     \
            s3cache_error **error = NULL;                                     \
            s3cache_result again = (call);                                    \
            if (again != (expected))                                          \
                failed(__FILE__, __LINE__, #call, s3cache_result_name(again)); \
        }                                                                     \
    } while (0)

/* Options out of S3CACHE_URL, with these names and values besides. */
#define OPTIONS(...) options_with((const char *const[]){__VA_ARGS__, NULL})
/* The same, opened. OPEN(NULL) is the cache as the environment has it. */
#define OPEN(...) open_with((const char *const[]){__VA_ARGS__, NULL})

/* Ends at once: what is still allocated then is nobody's fault. */
static inline void failed(const char *file, int line, const char *what, const char *why) {
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, what, why);
    fflush(NULL);
    _Exit(1);
}

static inline void judge(const char *file, int line, const char *call,
                         s3cache_result expected, s3cache_result result,
                         s3cache_error *error) {
    if (result != expected) {
        fprintf(stderr, "%s is expected\n", s3cache_result_name(expected));
        if (result < 0 && error != NULL && error != GARBAGE)
            fprintf(stderr, "%s\n", s3cache_error_message(error));
        failed(file, line, call, s3cache_result_name(result));
    }
    if (error == GARBAGE)
        failed(file, line, call, "the error is not written");
    if ((result < 0) != (error != NULL))
        failed(file, line, call, result < 0 ? "there is no error" : "there is an error");
    if (s3cache_error_kind(error) != (result < 0 ? result : S3CACHE_OK))
        failed(file, line, call, "the error is of another kind");
    if (s3cache_error_message(error)[0] == '\0')
        failed(file, line, call, "the error says nothing");
    s3cache_error_free(error);
}

static inline const char *needed(const char *name) {
    const char *value = getenv(name);
    if (value == NULL)
        failed(__FILE__, __LINE__, name, "it is not in the environment");
    return value;
}

static inline s3cache_options *options_with(const char *const *pairs) {
    s3cache_options *options = (s3cache_options *)GARBAGE;
    GIVES(S3CACHE_OK, s3cache_options_from_url(needed("S3CACHE_URL"), &options, error));
    for (; pairs[0] != NULL; pairs += 2)
        GIVES(S3CACHE_OK, s3cache_options_set(options, pairs[0], pairs[1], error));
    return options;
}

static inline s3cache *open_with(const char *const *pairs) {
    s3cache_options *options = options_with(pairs);
    s3cache *cache = (s3cache *)GARBAGE;
    GIVES(S3CACHE_OK, s3cache_open(options, &cache, error));
    s3cache_options_free(options);
    return cache;
}

static inline s3cache_stats stats_of(s3cache *cache) {
    s3cache_stats stats;
    memset(&stats, 0x5a, sizeof stats);
    stats.size = sizeof stats;
    GIVES(S3CACHE_OK, s3cache_get_stats(cache, &stats, error));
    return stats;
}

static inline void set_text(s3cache *cache, const char *key, const char *value, double timeout) {
    GIVES(S3CACHE_OK, s3cache_set(cache, key, strlen(key), value, strlen(value), timeout, error));
}

/* NULL: a miss. */
static inline void expect_text(s3cache *cache, const char *key, const char *expected) {
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    s3cache_result result = expected == NULL ? S3CACHE_MISS : S3CACHE_HIT;
    GIVES(result, s3cache_get(cache, key, strlen(key), &value, &len, error));
    CHECK((value == NULL) == (expected == NULL));
    CHECK(len == (expected == NULL ? 0 : strlen(expected)));
    CHECK(len == 0 || memcmp(value, expected, len) == 0);
    s3cache_free(value);
}

static inline void pause_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

#endif
