/* Get or set in two calls, with the computation between them. */
#include "check.h"
#include "tests.h"

static s3cache_fill *begun(s3cache *cache, const char *key) {
    s3cache_fill *fill = (s3cache_fill *)GARBAGE;
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    GIVES(S3CACHE_MISS,
          s3cache_get_or_set_begin(cache, key, strlen(key), &value, &len, &fill, error));
    CHECK(value == NULL && len == 0 && fill != NULL);
    return fill;
}

static void expect_served(s3cache *cache, const char *key, const char *expected) {
    s3cache_fill *fill = (s3cache_fill *)GARBAGE;
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    GIVES(S3CACHE_HIT,
          s3cache_get_or_set_begin(cache, key, strlen(key), &value, &len, &fill, error));
    CHECK(fill == NULL && value != NULL);
    CHECK(len == strlen(expected) && memcmp(value, expected, len) == 0);
    s3cache_free(value);
}

/* Stored, and so it is what everybody gets. */
static void finish(s3cache *cache, s3cache_fill *fill, const char *value) {
    void *stored = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    GIVES(S3CACHE_OK, s3cache_get_or_set_finish(cache, fill, value, strlen(value), 60, &stored,
                                                &len, error));
    CHECK(stored == NULL && len == 0);
}

static void computed_once(s3cache *cache) {
    finish(cache, begun(cache, "a"), "computed");
    expect_served(cache, "a", "computed");
    expect_text(cache, "a", "computed");
    GIVES(S3CACHE_OK, s3cache_get_or_set_finish(cache, begun(cache, "empty"), NULL, 0, 60, NULL,
                                                NULL, error));
    expect_served(cache, "empty", "");
    CHECK(s3cache_get_or_set_finish(cache, begun(cache, "quiet"), "v", 1, 60, NULL, NULL, NULL) ==
          S3CACHE_OK);
    expect_served(cache, "quiet", "v");
}

static void somebody_was_faster(s3cache *cache) {
    void *stored = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    s3cache_fill *fill = begun(cache, "b"), *another = begun(cache, "b");
    set_text(cache, "b", "first", 60);
    GIVES(S3CACHE_HIT,
          s3cache_get_or_set_finish(cache, fill, "second", 6, 60, &stored, &len, error));
    CHECK(len == 5 && memcmp(stored, "first", 5) == 0);
    s3cache_free(stored);
    GIVES(S3CACHE_HIT,
          s3cache_get_or_set_finish(cache, another, "third", 5, 60, NULL, NULL, error));
    expect_text(cache, "b", "first");

    /* Only one of the two is wanted. */
    GIVES(S3CACHE_OK, s3cache_delete(cache, "b", 1, error));
    fill = begun(cache, "b");
    another = begun(cache, "b");
    set_text(cache, "b", "first", 60);
    stored = GARBAGE;
    GIVES(S3CACHE_HIT,
          s3cache_get_or_set_finish(cache, fill, "second", 6, 60, &stored, NULL, error));
    CHECK(memcmp(stored, "first", 5) == 0);
    s3cache_free(stored);
    len = GARBAGE_NUMBER;
    GIVES(S3CACHE_HIT,
          s3cache_get_or_set_finish(cache, another, "third", 5, 60, NULL, &len, error));
    CHECK(len == 5);
}

static void given_back(s3cache *cache) {
    GIVES(S3CACHE_OK, s3cache_get_or_set_abandon(cache, begun(cache, "c"), error));
    expect_text(cache, "c", NULL);
    CHECK(s3cache_get_or_set_abandon(cache, begun(cache, "c"), NULL) == S3CACHE_OK);
    finish(cache, begun(cache, "c"), "v");
}

static void by_a_clone(s3cache *cache) {
    s3cache *clone = NULL;
    s3cache_fill *fill, *another, *third;
    GIVES(S3CACHE_OK, s3cache_clone(cache, &clone, error));
    fill = begun(clone, "d");
    another = begun(clone, "e");
    third = begun(clone, "e");
    s3cache_close(clone);
    finish(cache, fill, "v");
    GIVES(S3CACHE_OK, s3cache_get_or_set_abandon(cache, another, error));
    s3cache_fill_free(third);
    expect_served(cache, "d", "v");
}

/* Which it does not end: it can still be taken where it belongs. */
static void of_another_cache(s3cache *cache) {
    s3cache *other = OPEN(NULL);
    s3cache_fill *fill = begun(cache, "f");
    void *stored = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_get_or_set_finish(other, fill, "v", 1, 60, &stored, &len, error));
    CHECK(stored == NULL && len == 0);
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_get_or_set_abandon(other, fill, error));
    expect_text(cache, "f", NULL);
    finish(cache, fill, "v");
    s3cache_close(other);
}

/* Each ends its fill, as the checkers of memory see. */
static void what_cannot_be_stored(s3cache *cache) {
    void *stored = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    s3cache *small = OPEN("max_value_size", "4");
    GIVES(S3CACHE_ERROR_VALUE_TOO_LARGE,
          s3cache_get_or_set_finish(small, begun(small, "g"), "12345", 5, 60, &stored, &len,
                                    error));
    CHECK(stored == NULL && len == 0);
    s3cache_close(small);
    stored = GARBAGE;
    len = GARBAGE_NUMBER;
    GIVES(S3CACHE_ERROR_NULL,
          s3cache_get_or_set_finish(cache, begun(cache, "g"), NULL, 1, 60, &stored, &len, error));
    CHECK(stored == NULL && len == 0);
    GIVES(S3CACHE_ERROR_ARGUMENT, s3cache_get_or_set_finish(cache, begun(cache, "g"), "v", TOO_LONG,
                                                            60, NULL, NULL, error));
    expect_text(cache, "g", NULL);
}

/* One gets the task, the other the old value. */
static void past_its_time(void) {
    s3cache *cache = OPEN("stale_for", "1h"), *clone = NULL;
    s3cache_fill *fill;
    GIVES(S3CACHE_OK, s3cache_clone(cache, &clone, error));
    set_text(cache, "h", "old", 0.05);
    pause_ms(100);
    fill = begun(cache, "h");
    expect_served(clone, "h", "old");
    CHECK(stats_of(clone).stale == 1);
    GIVES(S3CACHE_OK, s3cache_get_or_set_abandon(cache, fill, error));
    fill = begun(clone, "h");
    expect_served(cache, "h", "old");
    finish(clone, fill, "new");
    expect_served(cache, "h", "new");
    expect_text(clone, "h", "new");

    /* The election is won, and the value cannot be had: NULL ends it as well. */
    set_text(cache, "i", "old", 0.05);
    pause_ms(100);
    GIVES(S3CACHE_ERROR_NULL, s3cache_get_or_set_finish(cache, begun(cache, "i"), NULL, 1, 60, NULL,
                                                        NULL, error));
    s3cache_close(clone);
    s3cache_close(cache);
}

void test_fills(void) {
    s3cache *cache = OPEN(NULL);
    computed_once(cache);
    somebody_was_faster(cache);
    given_back(cache);
    by_a_clone(cache);
    of_another_cache(cache);
    what_cannot_be_stored(cache);
    s3cache_close(cache);
    past_its_time();
}
