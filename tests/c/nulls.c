/* NULL, in every place where a pointer is taken: refused where it must not be,
 * without a crash, and nothing is done. Where it may be, the others have tried. */
#include "calls.h"
#include "tests.h"

static void what_frees_and_what_only_reads(void) {
    s3cache_free(NULL);
    s3cache_close(NULL);
    s3cache_error_free(NULL);
    s3cache_options_free(NULL);
    s3cache_token_free(NULL);
    s3cache_fill_free(NULL);
    CHECK(s3cache_error_kind(NULL) == S3CACHE_OK);
    CHECK(strcmp(s3cache_error_message(NULL), "no error") == 0);
    CHECK(s3cache_error_remedy(NULL) == NULL);
    CHECK(s3cache_error_s3_code(NULL) == NULL);
    CHECK(s3cache_error_request_id(NULL) == NULL);
    CHECK(s3cache_error_object(NULL) == NULL);
    CHECK(s3cache_error_http_status(NULL) == 0);
    CHECK(s3cache_error_retry_after(NULL) < 0);
    CHECK(s3cache_options_ignored(NULL, 0) == NULL);
}

static void options(s3cache_options *some) {
    s3cache_options *made = (s3cache_options *)GARBAGE;
    s3cache *cache = (s3cache *)GARBAGE;
    char *value = (char *)GARBAGE;
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_options_new(NULL, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_options_from_env(NULL, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_options_from_url("s3://bucket", NULL, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_options_from_url(NULL, &made, error));
    CHECK(made == NULL);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_options_set(NULL, "max_entries", "7", error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_options_set(some, NULL, "7", error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_options_get(some, "max_entries", NULL, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_options_get(some, NULL, &value, error));
    CHECK(value == NULL);
    value = (char *)GARBAGE;
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_options_get(NULL, "max_entries", &value, error));
    CHECK(value == NULL);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_open(some, NULL, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_open(NULL, &cache, error));
    CHECK(cache == NULL);
}

static void keys(s3cache *cache, const s3cache_token *token) {
    const s3cache_bytes there[2] = {{"k", 1}, {"k", 1}}, bad[2] = {{"k", 1}, {NULL, 1}};
    s3cache_value values[2] = {{GARBAGE, GARBAGE_NUMBER}, {GARBAGE, GARBAGE_NUMBER}};
    s3cache_token *read = (s3cache_token *)GARBAGE;
    s3cache_fill *fill = (s3cache_fill *)GARBAGE;
    char buffer[4] = "as.";
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    int64_t sum = GARBAGE_NUMBER;
    double seconds = -7;
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_get(cache, NULL, 1, &value, &len, error));
    CHECK(value == NULL && len == 0);
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_get_into(cache, NULL, 1, buffer, 3, &len, error));
    CHECK(len == 0 && strcmp(buffer, "as.") == 0);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_get_many(cache, NULL, 2, values, error));
    CHECK(values[0].data == NULL && values[1].data == NULL);
    values[0].data = values[1].data = GARBAGE;
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_get_many(cache, bad, 2, values, error));
    CHECK(values[0].data == NULL && values[1].data == NULL);
    CHECK(values[0].len == 0 && values[1].len == 0);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_has_key(cache, NULL, 1, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_ttl(cache, NULL, 1, &seconds, error));
    CHECK(seconds == 0);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_set(cache, NULL, 1, "v", 1, 60, error));
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_set_many(cache, NULL, there, 2, 60, &len, error));
    CHECK(len == 0);
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_set_many(cache, bad, there, 2, 60, &len, error));
    CHECK(len == 0);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_add(cache, NULL, 1, "v", 1, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_touch(cache, NULL, 1, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_incr(cache, NULL, 1, 1, &sum, error));
    CHECK(sum == 0);
    sum = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_decr(cache, NULL, 1, 1, &sum, error));
    CHECK(sum == 0);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_delete(cache, NULL, 1, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_remove(cache, NULL, 1, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_delete_many(cache, NULL, 2, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_delete_many(cache, bad, 2, error));
    value = GARBAGE;
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL,
                s3cache_get_with_token(cache, NULL, 1, &value, &len, &read, error));
    CHECK(value == NULL && len == 0 && read == NULL);
    GIVES_TWICE(S3CACHE_ERROR_NULL,
                s3cache_compare_and_set(cache, NULL, 1, token, "v", 1, 60, error));
    value = GARBAGE;
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL,
                s3cache_get_or_set_begin(cache, NULL, 1, &value, &len, &fill, error));
    CHECK(value == NULL && len == 0 && fill == NULL);
}

/* get_or_set_finish: in fills.c, as that ends the fill. */
static void values(s3cache *cache, const s3cache_token *token) {
    const s3cache_bytes there[2] = {{"k", 1}, {"k", 1}}, bad[2] = {{"k", 1}, {NULL, 1}};
    size_t len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_set(cache, "k", 1, NULL, 1, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_set_many(cache, there, NULL, 2, 60, &len, error));
    CHECK(len == 0);
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_set_many(cache, there, bad, 2, 60, &len, error));
    CHECK(len == 0);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_add(cache, "new", 3, NULL, 1, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL,
                s3cache_compare_and_set(cache, "k", 1, token, NULL, 1, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL,
                s3cache_compare_and_set(cache, "k", 1, NULL, "v", 1, 60, error));
}

/* Those that the call cannot do without; the others are written all the same. */
static void what_is_given_out(s3cache *cache) {
    const s3cache_bytes key = {"k", 1};
    s3cache_token *token = (s3cache_token *)GARBAGE;
    s3cache_fill *fill = (s3cache_fill *)GARBAGE;
    char buffer[4] = "as.";
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    uint64_t number = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_get(cache, "k", 1, NULL, &len, error));
    CHECK(len == 0);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_get(cache, "k", 1, &value, NULL, error));
    CHECK(value == NULL);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_get_into(cache, "k", 1, buffer, 3, NULL, error));
    CHECK(strcmp(buffer, "as.") == 0);
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_get_into(cache, "k", 1, NULL, 3, &len, error));
    CHECK(len == 0);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_get_many(cache, &key, 1, NULL, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_ttl(cache, "k", 1, NULL, error));

    value = GARBAGE;
    GIVES_TWICE(S3CACHE_ERROR_NULL,
                s3cache_get_with_token(cache, "k", 1, &value, NULL, &token, error));
    CHECK(value == NULL && token == NULL);
    token = (s3cache_token *)GARBAGE;
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL,
                s3cache_get_with_token(cache, "k", 1, NULL, &len, &token, error));
    CHECK(len == 0 && token == NULL);
    value = GARBAGE;
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL,
                s3cache_get_with_token(cache, "k", 1, &value, &len, NULL, error));
    CHECK(value == NULL && len == 0);

    value = GARBAGE;
    GIVES_TWICE(S3CACHE_ERROR_NULL,
                s3cache_get_or_set_begin(cache, "k", 1, &value, NULL, &fill, error));
    CHECK(value == NULL && fill == NULL);
    fill = (s3cache_fill *)GARBAGE;
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL,
                s3cache_get_or_set_begin(cache, "k", 1, NULL, &len, &fill, error));
    CHECK(len == 0 && fill == NULL);
    value = GARBAGE;
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL,
                s3cache_get_or_set_begin(cache, "k", 1, &value, &len, NULL, error));
    CHECK(value == NULL && len == 0);
    value = GARBAGE;
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_NULL,
                s3cache_get_or_set_finish(cache, NULL, "v", 1, 60, &value, &len, error));
    CHECK(value == NULL && len == 0);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_get_or_set_abandon(cache, NULL, error));

    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_len(cache, NULL, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_len_estimate(cache, NULL, &number, error));
    CHECK(number == 0);
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_clone(cache, NULL, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_lifecycle(cache, NULL, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_lifecycle_rule_text(cache, 7, NULL, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_region(cache, NULL, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_get_stats(cache, NULL, error));
    GIVES_TWICE(S3CACHE_ERROR_NULL, s3cache_last_error(cache, NULL, error));
}

/* "Nothing is done": no request was made by any of it. */
static void expect_untouched(s3cache *cache) {
    s3cache_stats stats = stats_of(cache);
    CHECK(stats.gets + stats.puts + stats.deletes + stats.multi_deletes + stats.lists == 0);
    expect_text(cache, "k", "value");
    expect_text(cache, "new", NULL);
}

void test_nulls(void) {
    s3cache_options *some = OPTIONS(NULL);
    s3cache *cache = OPEN(NULL);
    s3cache_token *token = NULL;
    void *value = NULL;
    size_t len = 0;
    what_frees_and_what_only_reads();
    options(some);
    s3cache_options_free(some);

    each_call_gives(S3CACHE_ERROR_NULL, NULL, NULL, NULL);
    set_text(cache, "k", "value", 60);
    GIVES(S3CACHE_HIT, s3cache_get_with_token(cache, "k", 1, &value, &len, &token, error));
    s3cache_free(value);
    GIVES(S3CACHE_OK, s3cache_reset_stats(cache, error));
    keys(cache, token);
    values(cache, token);
    what_is_given_out(cache);
    s3cache_token_free(token);
    expect_untouched(cache);
    s3cache_close(cache);
}
