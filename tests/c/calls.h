/* Every call that takes a handle, on one that none of them may use: NULL, another
 * thread's, another process's. Each must refuse in the same way, write what it
 * gives out, and leave the token and the fill as they are. */
#ifndef CALLS_H
#define CALLS_H

#include "check.h"

static inline void each_reading_call_gives(s3cache_result expected, s3cache *cache) {
    const s3cache_bytes keys[2] = {{"k", 1}, {NULL, 0}};
    s3cache_value values[2] = {{GARBAGE, GARBAGE_NUMBER}, {GARBAGE, GARBAGE_NUMBER}};
    s3cache_token *token = (s3cache_token *)GARBAGE;
    s3cache_fill *fill = (s3cache_fill *)GARBAGE;
    char buffer[4] = "as.";
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    double seconds = -7;

    GIVES_TWICE(expected, s3cache_get(cache, "k", 1, &value, &len, error));
    CHECK(value == NULL && len == 0);
    len = GARBAGE_NUMBER;
    GIVES_TWICE(expected, s3cache_get_into(cache, "k", 1, buffer, 3, &len, error));
    CHECK(len == 0 && strcmp(buffer, "as.") == 0);
    GIVES_TWICE(expected, s3cache_get_many(cache, keys, 2, values, error));
    CHECK(values[0].data == NULL && values[0].len == 0);
    CHECK(values[1].data == NULL && values[1].len == 0);
    GIVES_TWICE(expected, s3cache_has_key(cache, "k", 1, error));
    GIVES_TWICE(expected, s3cache_ttl(cache, "k", 1, &seconds, error));
    CHECK(seconds == 0);

    value = GARBAGE;
    len = GARBAGE_NUMBER;
    GIVES_TWICE(expected, s3cache_get_with_token(cache, "k", 1, &value, &len, &token, error));
    CHECK(value == NULL && len == 0 && token == NULL);
    value = GARBAGE;
    len = GARBAGE_NUMBER;
    GIVES_TWICE(expected, s3cache_get_or_set_begin(cache, "k", 1, &value, &len, &fill, error));
    CHECK(value == NULL && len == 0 && fill == NULL);
}

static inline void each_writing_call_gives(s3cache_result expected, s3cache *cache,
                                           const s3cache_token *token, s3cache_fill *fill) {
    const s3cache_bytes keys[2] = {{"k", 1}, {NULL, 0}};
    int64_t sum = GARBAGE_NUMBER;
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;

    GIVES_TWICE(expected, s3cache_set(cache, "k", 1, "v", 1, 60, error));
    GIVES_TWICE(expected, s3cache_set_many(cache, keys, keys, 2, 60, &len, error));
    CHECK(len == 0);
    GIVES_TWICE(expected, s3cache_add(cache, "k", 1, "v", 1, 60, error));
    GIVES_TWICE(expected, s3cache_touch(cache, "k", 1, 60, error));
    GIVES_TWICE(expected, s3cache_incr(cache, "k", 1, 1, &sum, error));
    CHECK(sum == 0);
    sum = GARBAGE_NUMBER;
    GIVES_TWICE(expected, s3cache_decr(cache, "k", 1, 1, &sum, error));
    CHECK(sum == 0);
    GIVES_TWICE(expected, s3cache_delete(cache, "k", 1, error));
    GIVES_TWICE(expected, s3cache_remove(cache, "k", 1, error));
    GIVES_TWICE(expected, s3cache_delete_many(cache, keys, 2, error));
    GIVES_TWICE(expected, s3cache_compare_and_set(cache, "k", 1, token, "v", 1, 60, error));
    len = GARBAGE_NUMBER;
    GIVES_TWICE(expected,
                s3cache_get_or_set_finish(cache, fill, "v", 1, 60, &value, &len, error));
    CHECK(value == NULL && len == 0);
    GIVES_TWICE(expected, s3cache_get_or_set_abandon(cache, fill, error));
}

static inline void each_walk_gives(s3cache_result expected, s3cache *cache) {
    uint64_t first = GARBAGE_NUMBER, second = GARBAGE_NUMBER;
    GIVES_TWICE(expected, s3cache_clear(cache, &first, &second, error));
    CHECK(first == 0 && second == 0);
    first = second = GARBAGE_NUMBER;
    GIVES_TWICE(expected, s3cache_cull(cache, &first, &second, error));
    CHECK(first == 0 && second == 0);
    first = second = GARBAGE_NUMBER;
    GIVES_TWICE(expected, s3cache_remove_expired(cache, &first, &second, error));
    CHECK(first == 0 && second == 0);
    first = second = GARBAGE_NUMBER;
    GIVES_TWICE(expected, s3cache_remove_older_than(cache, 60, &first, &second, error));
    CHECK(first == 0 && second == 0);
    first = second = GARBAGE_NUMBER;
    GIVES_TWICE(expected, s3cache_len(cache, &first, error));
    CHECK(first == 0);
    first = GARBAGE_NUMBER;
    GIVES_TWICE(expected, s3cache_len_estimate(cache, &first, &second, error));
    CHECK(first == 0 && second == 0);
}

static inline void each_other_call_gives(s3cache_result expected, s3cache *cache) {
    s3cache *clone = (s3cache *)GARBAGE;
    s3cache_error *last = (s3cache_error *)GARBAGE;
    char *text = (char *)GARBAGE;
    uint32_t days = GARBAGE_NUMBER;
    s3cache_stats stats;

    GIVES_TWICE(expected, s3cache_clone(cache, &clone, error));
    CHECK(clone == NULL);
    GIVES_TWICE(expected, s3cache_create_bucket(cache, error));
    GIVES_TWICE(expected, s3cache_set_lifecycle(cache, 7, error));
    GIVES_TWICE(expected, s3cache_lifecycle(cache, &days, error));
    CHECK(days == 0);
    GIVES_TWICE(expected, s3cache_remove_lifecycle(cache, error));
    GIVES_TWICE(expected, s3cache_lifecycle_rule_text(cache, 7, &text, error));
    CHECK(text == NULL);
    text = (char *)GARBAGE;
    GIVES_TWICE(expected, s3cache_check(cache, &text, error));
    CHECK(text == NULL);
    GIVES_TWICE(expected, s3cache_conditional_writes(cache, error));
    text = (char *)GARBAGE;
    GIVES_TWICE(expected, s3cache_region(cache, &text, error));
    CHECK(text == NULL);
    GIVES_TWICE(expected, s3cache_set_max_entries(cache, 7, error));
    GIVES_TWICE(expected, s3cache_set_cull_frequency(cache, 7, error));
    GIVES_TWICE(expected, s3cache_set_deadline(cache, 7, error));
    memset(&stats, 0x5a, sizeof stats);
    stats.size = sizeof stats;
    GIVES_TWICE(expected, s3cache_get_stats(cache, &stats, error));
    CHECK(stats.size == sizeof stats);
    GIVES_TWICE(expected, s3cache_reset_stats(cache, error));
    GIVES_TWICE(expected, s3cache_last_error(cache, &last, error));
    CHECK(last == NULL);
}

static inline void each_call_gives(s3cache_result expected, s3cache *cache,
                                   const s3cache_token *token, s3cache_fill *fill) {
    each_reading_call_gives(expected, cache);
    each_writing_call_gives(expected, cache, token, fill);
    each_walk_gives(expected, cache);
    each_other_call_gives(expected, cache);
}

#endif
