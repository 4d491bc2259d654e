/* How long entries live, as a number of seconds says it. */
#include "check.h"
#include "tests.h"

static double ttl(s3cache *cache) {
    double seconds = -7;
    GIVES(S3CACHE_HIT, s3cache_ttl(cache, "k", 1, &seconds, error));
    return seconds;
}

static void expect_expired(s3cache *cache) {
    double seconds = -7;
    expect_text(cache, "k", NULL);
    GIVES(S3CACHE_FALSE, s3cache_has_key(cache, "k", 1, error));
    GIVES(S3CACHE_MISS, s3cache_ttl(cache, "k", 1, &seconds, error));
    CHECK(seconds == 0);
    GIVES(S3CACHE_FALSE, s3cache_remove(cache, "k", 1, error));
}

/* What the entry may have lost by the time it is asked: slow machines. */
#define ABOUT(seconds, expected) ((seconds) <= (expected) && (seconds) > (expected) - 60)

static void set_for(s3cache *cache) {
    set_text(cache, "k", "v", S3CACHE_TIMEOUT_NEVER);
    CHECK(ttl(cache) == S3CACHE_TIMEOUT_NEVER);
    set_text(cache, "k", "v", S3CACHE_TIMEOUT_DEFAULT);
    CHECK(ABOUT(ttl(cache), 300));
    set_text(cache, "k", "v", 100.25);
    CHECK(ABOUT(ttl(cache), 100.25));
    set_text(cache, "k", "v", 1e300);
    CHECK(ttl(cache) > 1e9);
    set_text(cache, "k", "v", 0);
    expect_expired(cache);
    set_text(cache, "k", "v", -0.5);
    expect_expired(cache);
    set_text(cache, "k", "v", -1e300);
    expect_expired(cache);
}

static void a_fraction_passes(s3cache *cache) {
    int waited;
    set_text(cache, "k", "v", 0.2);
    for (waited = 0; waited < 10000; waited += 100) {
        s3cache_result result = s3cache_has_key(cache, "k", 1, NULL);
        if (result == S3CACHE_FALSE)
            break;
        CHECK(result == S3CACHE_OK);
        pause_ms(100);
    }
    expect_expired(cache);
}

static void touched(s3cache *cache) {
    GIVES_TWICE(S3CACHE_FALSE, s3cache_touch(cache, "k", 1, 60, error));
    set_text(cache, "k", "v", 1000);
    GIVES_TWICE(S3CACHE_OK, s3cache_touch(cache, "k", 1, S3CACHE_TIMEOUT_NEVER, error));
    CHECK(ttl(cache) == S3CACHE_TIMEOUT_NEVER);
    GIVES(S3CACHE_OK, s3cache_touch(cache, "k", 1, S3CACHE_TIMEOUT_DEFAULT, error));
    CHECK(ABOUT(ttl(cache), 300));
    GIVES(S3CACHE_OK, s3cache_touch(cache, "k", 1, 200.5, error));
    CHECK(ABOUT(ttl(cache), 200.5));
    expect_text(cache, "k", "v");
    GIVES(S3CACHE_OK, s3cache_touch(cache, "k", 1, -1, error));
    expect_expired(cache);
    GIVES(S3CACHE_FALSE, s3cache_touch(cache, "k", 1, 60, error));
}

static void not_a_number(s3cache *cache) {
    const s3cache_bytes bytes = {"k", 1};
    s3cache_token *token = NULL;
    s3cache_fill *fill = NULL;
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    set_text(cache, "k", "v", 60);
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_set(cache, "k", 1, "new", 3, NAN, error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_set_many(cache, &bytes, &bytes, 1, NAN, &len, error));
    CHECK(len == 0);
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_add(cache, "new", 3, "new", 3, NAN, error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_touch(cache, "k", 1, NAN, error));
    GIVES(S3CACHE_HIT, s3cache_get_with_token(cache, "k", 1, &value, &len, &token, error));
    s3cache_free(value);
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_compare_and_set(cache, "k", 1, token, "new", 3, NAN, error));
    s3cache_token_free(token);
    GIVES(S3CACHE_MISS, s3cache_get_or_set_begin(cache, "new", 3, &value, &len, &fill, error));
    value = GARBAGE;
    /* Which ends it. */
    GIVES(S3CACHE_ERROR_ARGUMENT, s3cache_get_or_set_finish(cache, fill, "new", 3, NAN,
                                                            &value, &len, error));
    CHECK(value == NULL && len == 0);
    expect_text(cache, "k", "v");
    expect_text(cache, "new", NULL);
}

void test_timeouts(void) {
    s3cache *cache = OPEN(NULL);
    set_for(cache);
    a_fraction_passes(cache);
    touched(cache);
    not_a_number(cache);
    s3cache_close(cache);

    cache = OPEN("default_timeout", "never");
    set_text(cache, "k", "v", S3CACHE_TIMEOUT_DEFAULT);
    CHECK(ttl(cache) == S3CACHE_TIMEOUT_NEVER);
    s3cache_close(cache);
}
