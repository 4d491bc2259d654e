/* Arguments that can never be right: lengths that no memory has, and numbers that
 * mean nothing. Timeouts are in timeouts.c, texts in options.c. */
#include "check.h"
#include "tests.h"

static void long_keys(s3cache *cache, const s3cache_token *token) {
    const s3cache_bytes good = {"k", 1}, bad = {"k", TOO_LONG};
    s3cache_value read = {GARBAGE, GARBAGE_NUMBER};
    s3cache_token *given = (s3cache_token *)GARBAGE;
    s3cache_fill *fill = (s3cache_fill *)GARBAGE;
    char buffer[4] = "as.";
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    int64_t sum = GARBAGE_NUMBER;
    double seconds = -7;
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_get(cache, "k", TOO_LONG, &value, &len, error));
    CHECK(value == NULL && len == 0);
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_get(cache, "k", SIZE_MAX, &value, &len, error));
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_get_into(cache, "k", TOO_LONG, buffer, 3, &len, error));
    CHECK(len == 0 && strcmp(buffer, "as.") == 0);
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_get_many(cache, &bad, 1, &read, error));
    CHECK(read.data == NULL && read.len == 0);
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_has_key(cache, "k", TOO_LONG, error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_ttl(cache, "k", TOO_LONG, &seconds, error));
    CHECK(seconds == 0);
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_set(cache, "k", TOO_LONG, "v", 1, 60, error));
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_set_many(cache, &bad, &good, 1, 60, &len, error));
    CHECK(len == 0);
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_add(cache, "k", TOO_LONG, "v", 1, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_touch(cache, "k", TOO_LONG, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_incr(cache, "k", TOO_LONG, 1, &sum, error));
    CHECK(sum == 0);
    sum = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_decr(cache, "k", TOO_LONG, 1, &sum, error));
    CHECK(sum == 0);
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_delete(cache, "k", TOO_LONG, error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_remove(cache, "k", TOO_LONG, error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_delete_many(cache, &bad, 1, error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_get_with_token(cache, "k", TOO_LONG, &value, &len, &given, error));
    CHECK(given == NULL);
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_compare_and_set(cache, "k", TOO_LONG, token, "v", 1, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_get_or_set_begin(cache, "k", TOO_LONG, &value, &len, &fill, error));
    CHECK(fill == NULL);
}

static void long_values(s3cache *cache, const s3cache_token *token) {
    const s3cache_bytes good = {"k", 1}, bad = {"v", TOO_LONG};
    char buffer[4] = "as.";
    size_t len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_set(cache, "k", 1, "v", TOO_LONG, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_set(cache, "k", 1, "v", SIZE_MAX, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_set_many(cache, &good, &bad, 1, 60, &len, error));
    CHECK(len == 0);
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_add(cache, "new", 3, "v", TOO_LONG, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_compare_and_set(cache, "k", 1, token, "v", TOO_LONG, 60, error));
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_get_into(cache, "k", 1, buffer, TOO_LONG, &len, error));
    CHECK(len == 0 && strcmp(buffer, "as.") == 0);
}

/* Arrays of more bytes than there can be, if not of more elements. */
static void long_arrays(s3cache *cache) {
    static const size_t COUNTS[] = {SIZE_MAX, TOO_LONG, PTRDIFF_MAX / sizeof(s3cache_bytes) + 1};
    const s3cache_bytes bytes = {"k", 1};
    s3cache_value value = {GARBAGE, GARBAGE_NUMBER};
    size_t stored = GARBAGE_NUMBER, i;
    for (i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++) {
        GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                    s3cache_get_many(cache, &bytes, COUNTS[i], &value, error));
        GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                    s3cache_set_many(cache, &bytes, &bytes, COUNTS[i], 60, &stored, error));
        CHECK(stored == 0);
        GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_delete_many(cache, &bytes, COUNTS[i], error));
    }
}

static void deadlines(s3cache *cache) {
    static const double REFUSED[] = {0, -0.0, -1, -1e300, NAN};
    static const double TAKEN[] = {S3CACHE_TIMEOUT_NEVER, 1e300, 60, S3CACHE_TIMEOUT_DEFAULT};
    size_t i;
    for (i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++)
        GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_set_deadline(cache, REFUSED[i], error));
    for (i = 0; i < sizeof TAKEN / sizeof *TAKEN; i++) {
        GIVES_TWICE(S3CACHE_OK, s3cache_set_deadline(cache, TAKEN[i], error));
        expect_text(cache, "k", "value");
    }
}

void test_arguments(void) {
    s3cache *cache = OPEN(NULL);
    s3cache_token *token = NULL;
    s3cache_stats stats;
    void *value = NULL;
    size_t len = 0;
    set_text(cache, "k", "value", 60);
    GIVES(S3CACHE_HIT, s3cache_get_with_token(cache, "k", 1, &value, &len, &token, error));
    s3cache_free(value);
    GIVES(S3CACHE_OK, s3cache_reset_stats(cache, error));
    long_keys(cache, token);
    long_values(cache, token);
    long_arrays(cache);
    s3cache_token_free(token);
    stats = stats_of(cache);
    CHECK(stats.gets + stats.puts + stats.deletes + stats.multi_deletes + stats.lists == 0);
    deadlines(cache);
    expect_text(cache, "new", NULL);
    s3cache_close(cache);
}
