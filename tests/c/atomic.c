/* One caller alone: what add, incr and compare-and-set answer. For callers that
 * race see threads.c. */
#include "check.h"
#include "tests.h"

static void add(s3cache *cache) {
    GIVES(S3CACHE_OK, s3cache_add(cache, "a", 1, "first", 5, 60, error));
    GIVES_TWICE(S3CACHE_FALSE, s3cache_add(cache, "a", 1, "second", 6, 60, error));
    expect_text(cache, "a", "first");
    GIVES(S3CACHE_OK, s3cache_touch(cache, "a", 1, 0, error));
    GIVES(S3CACHE_OK, s3cache_add(cache, "a", 1, NULL, 0, 60, error));
    expect_text(cache, "a", "");
}

static void expect_sum(s3cache *cache, s3cache_result expected, int64_t delta, int64_t sum) {
    int64_t found = GARBAGE_NUMBER;
    GIVES(expected, s3cache_incr(cache, "n", 1, delta, &found, error));
    CHECK(found == sum);
}

static void count(s3cache *cache) {
    int64_t sum = GARBAGE_NUMBER;
    double seconds = 0;
    expect_sum(cache, S3CACHE_ERROR_NOT_FOUND, 1, 0);
    GIVES_TWICE(S3CACHE_ERROR_NOT_FOUND, s3cache_decr(cache, "n", 1, 1, &sum, error));
    CHECK(sum == 0);
    set_text(cache, "n", "41", S3CACHE_TIMEOUT_NEVER);
    expect_sum(cache, S3CACHE_OK, 1, 42);
    expect_sum(cache, S3CACHE_OK, -50, -8);
    GIVES_TWICE(S3CACHE_OK, s3cache_incr(cache, "n", 1, 4, NULL, error));
    expect_text(cache, "n", "0");
    GIVES(S3CACHE_OK, s3cache_decr(cache, "n", 1, 5, &sum, error));
    CHECK(sum == -5);
    GIVES(S3CACHE_OK, s3cache_decr(cache, "n", 1, -5, NULL, error));
    expect_text(cache, "n", "0");

    expect_sum(cache, S3CACHE_OK, INT64_MAX, INT64_MAX);
    expect_sum(cache, S3CACHE_ERROR_OVERFLOW, 1, 0);
    expect_text(cache, "n", "9223372036854775807");
    GIVES(S3CACHE_OK, s3cache_decr(cache, "n", 1, INT64_MAX, &sum, error));
    /* What has no counterpart: 0 - INT64_MIN. */
    sum = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_OVERFLOW, s3cache_decr(cache, "n", 1, INT64_MIN, &sum, error));
    CHECK(sum == 0);
    expect_sum(cache, S3CACHE_OK, INT64_MIN, INT64_MIN);
    expect_sum(cache, S3CACHE_ERROR_OVERFLOW, -1, 0);

    GIVES(S3CACHE_HIT, s3cache_ttl(cache, "n", 1, &seconds, error));
    CHECK(seconds == S3CACHE_TIMEOUT_NEVER);
    set_text(cache, "n", "a text", 60);
    expect_sum(cache, S3CACHE_ERROR_NOT_AN_INTEGER, 1, 0);
    expect_text(cache, "n", "a text");
}

static s3cache_token *token_of(s3cache *cache, const char *expected) {
    s3cache_token *token = (s3cache_token *)GARBAGE;
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    GIVES(S3CACHE_HIT, s3cache_get_with_token(cache, "c", 1, &value, &len, &token, error));
    CHECK(token != NULL && len == strlen(expected) && memcmp(value, expected, len) == 0);
    s3cache_free(value);
    return token;
}

static void compare_and_set(s3cache *cache) {
    s3cache_token *token = (s3cache_token *)GARBAGE;
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_MISS, s3cache_get_with_token(cache, "c", 1, &value, &len, &token, error));
    CHECK(value == NULL && len == 0 && token == NULL);

    set_text(cache, "c", "1", 60);
    token = token_of(cache, "1");
    GIVES(S3CACHE_OK, s3cache_compare_and_set(cache, "c", 1, token, "2", 1, 60, error));
    expect_text(cache, "c", "2");
    /* It is not the token of what was stored. */
    GIVES_TWICE(S3CACHE_FALSE, s3cache_compare_and_set(cache, "c", 1, token, "3", 1, 60, error));
    s3cache_token_free(token);
    expect_text(cache, "c", "2");

    token = token_of(cache, "2");
    set_text(cache, "c", "2", 60);
    GIVES_TWICE(S3CACHE_FALSE, s3cache_compare_and_set(cache, "c", 1, token, "3", 1, 60, error));
    s3cache_token_free(token);

    token = token_of(cache, "2");
    GIVES(S3CACHE_OK, s3cache_delete(cache, "c", 1, error));
    GIVES_TWICE(S3CACHE_FALSE, s3cache_compare_and_set(cache, "c", 1, token, "3", 1, 60, error));
    s3cache_token_free(token);
    expect_text(cache, "c", NULL);
}

static void a_token_outlives_its_handle(s3cache *cache) {
    s3cache *clone = NULL;
    s3cache_token *token;
    GIVES(S3CACHE_OK, s3cache_clone(cache, &clone, error));
    set_text(clone, "c", "", 60);
    token = token_of(clone, "");
    s3cache_close(clone);
    GIVES(S3CACHE_OK, s3cache_compare_and_set(cache, "c", 1, token, NULL, 0, 60, error));
    s3cache_token_free(token);
    expect_text(cache, "c", "");
}

void test_atomic(void) {
    s3cache *cache = OPEN(NULL);
    add(cache);
    count(cache);
    compare_and_set(cache);
    a_token_outlives_its_handle(cache);
    s3cache_close(cache);
}
