/* What an error tells, and what it keeps to itself. */
#include "calls.h"
#include "tests.h"

#define WRONG_SECRET "a-secret-that-nobody-may-read"

/* Of a read of "k", whose handle is closed before the error is looked at. */
static s3cache_error *error_of(s3cache *cache, s3cache_result expected) {
    s3cache_error *why = (s3cache_error *)GARBAGE;
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    CHECK(s3cache_get(cache, "k", 1, &value, &len, &why) == expected);
    CHECK(value == NULL && len == 0);
    s3cache_close(cache);
    CHECK(s3cache_error_kind(why) == expected);
    return why;
}

static int says(const s3cache_error *why, const char *word) {
    return strstr(s3cache_error_message(why), word) != NULL;
}

static void a_wrong_secret(void) {
    s3cache_error *why = error_of(
        OPEN("access_key", needed("AWS_ACCESS_KEY_ID"), "secret_key", WRONG_SECRET),
        S3CACHE_ERROR_BAD_CREDENTIALS);
    const char *object = s3cache_error_object(why), *slash;
    CHECK(s3cache_error_http_status(why) == 403);
    CHECK(strcmp(s3cache_error_s3_code(why), "SignatureDoesNotMatch") == 0);
    CHECK(object != NULL);
    slash = strrchr(object, '/');
    CHECK(strlen(slash == NULL ? object : slash + 1) == 40);
    CHECK(s3cache_error_remedy(why) != NULL && says(why, s3cache_error_remedy(why)));
    CHECK(s3cache_error_retry_after(why) < 0);
    CHECK(says(why, object) && says(why, "SignatureDoesNotMatch"));
    CHECK(strchr(s3cache_error_message(why), '\n') == NULL);
    CHECK(!says(why, WRONG_SECRET) && strstr(s3cache_error_remedy(why), WRONG_SECRET) == NULL);
    s3cache_error_free(why);
}

static void no_bucket(void) {
    s3cache_error *why =
        error_of(OPEN("bucket", "no-bucket-of-this-name"), S3CACHE_ERROR_NO_SUCH_BUCKET);
    CHECK(s3cache_error_http_status(why) == 404);
    CHECK(strcmp(s3cache_error_s3_code(why), "NoSuchBucket") == 0);
    CHECK(says(why, "no-bucket-of-this-name"));
    s3cache_error_free(why);
}

static void nothing_listens(void) {
    s3cache_error *why = error_of(OPEN("endpoint", needed("CLOSED_ENDPOINT"), "retries", "0"),
                                  S3CACHE_ERROR_UNREACHABLE);
    CHECK(s3cache_error_http_status(why) == 0);
    CHECK(s3cache_error_s3_code(why) == NULL);
    CHECK(s3cache_error_request_id(why) == NULL);
    CHECK(s3cache_error_retry_after(why) < 0);
    s3cache_error_free(why);
}

/* After so many failures S3 is not even asked. */
static void left_alone(void) {
    s3cache *cache = OPEN("endpoint", needed("CLOSED_ENDPOINT"), "retries", "0", "breaker_after",
                          "2", "breaker_pause", "1h");
    GIVES_TWICE(S3CACHE_ERROR_UNREACHABLE, s3cache_delete(cache, "k", 1, error));
    GIVES_TWICE(S3CACHE_ERROR_UNAVAILABLE, s3cache_delete(cache, "k", 1, error));
    CHECK(stats_of(cache).breaker_openings == 1);
    s3cache_close(cache);
}

static void slow_down(void) {
    s3cache_error *why = error_of(OPEN("endpoint", needed("SLOW_ENDPOINT"), "retries", "0"),
                                  S3CACHE_ERROR_THROTTLED);
    CHECK(s3cache_error_http_status(why) == 503);
    CHECK(strcmp(s3cache_error_s3_code(why), "SlowDown") == 0);
    CHECK(strcmp(s3cache_error_request_id(why), "4442587FB7D0A2F9") == 0);
    CHECK(says(why, "4442587FB7D0A2F9"));
    CHECK(s3cache_error_retry_after(why) == 7);
    s3cache_error_free(why);
}

/* What is given out is written then, too. */
static void of_each_call(void) {
    s3cache *cache = OPEN("endpoint", needed("CLOSED_ENDPOINT"), "retries", "0", "breaker_after",
                          "0");
    const s3cache_bytes key = {"k", 1};
    size_t stored = GARBAGE_NUMBER;
    int64_t sum = GARBAGE_NUMBER;
    uint32_t days = GARBAGE_NUMBER;
    char *report = (char *)GARBAGE;
    each_reading_call_gives(S3CACHE_ERROR_UNREACHABLE, cache);
    each_walk_gives(S3CACHE_ERROR_UNREACHABLE, cache);
    GIVES_TWICE(S3CACHE_ERROR_UNREACHABLE,
                s3cache_set_many(cache, &key, &key, 1, 60, &stored, error));
    CHECK(stored == 0);
    GIVES_TWICE(S3CACHE_ERROR_UNREACHABLE, s3cache_add(cache, "k", 1, "v", 1, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_UNREACHABLE, s3cache_incr(cache, "k", 1, 1, &sum, error));
    CHECK(sum == 0);
    GIVES_TWICE(S3CACHE_ERROR_UNREACHABLE, s3cache_lifecycle(cache, &days, error));
    CHECK(days == 0);
    GIVES_TWICE(S3CACHE_ERROR_UNREACHABLE, s3cache_conditional_writes(cache, error));
    /* Which is what check is for: no error. */
    GIVES(S3CACHE_FALSE, s3cache_check(cache, &report, error));
    CHECK(report != NULL && strstr(report, "server") != NULL);
    s3cache_free(report);
    s3cache_close(cache);
}

/* Those of the interface itself have no S3 in them. */
static void of_the_call(void) {
    s3cache_error *why = (s3cache_error *)GARBAGE;
    CHECK(s3cache_set(NULL, "k", 1, "v", 1, 60, &why) == S3CACHE_ERROR_NULL);
    CHECK(says(why, "cache"));
    CHECK(s3cache_error_http_status(why) == 0);
    CHECK(s3cache_error_s3_code(why) == NULL);
    CHECK(s3cache_error_request_id(why) == NULL);
    CHECK(s3cache_error_object(why) == NULL);
    CHECK(s3cache_error_retry_after(why) < 0);
    s3cache_error_free(why);
}

void test_errors(void) {
    a_wrong_secret();
    no_bucket();
    nothing_listens();
    left_alone();
    slow_down();
    of_each_call();
    of_the_call();
}
