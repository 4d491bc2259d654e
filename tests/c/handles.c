/* Handles: clones, what is changed on a live one, and life while S3 is away. */
#include "check.h"
#include "tests.h"

static void clones(void) {
    s3cache *cache = OPEN(NULL), *clone = (s3cache *)GARBAGE;
    GIVES(S3CACHE_OK, s3cache_clone(cache, &clone, error));
    CHECK(clone != NULL && clone != cache);
    set_text(cache, "k", "value", 60);
    /* It does not need the one it was made of. */
    s3cache_close(cache);
    expect_text(clone, "k", "value");
    s3cache_close(clone);

    cache = OPEN(NULL);
    CHECK(s3cache_clone(cache, &clone, NULL) == S3CACHE_OK);
    s3cache_close(clone);
    expect_text(cache, "k", "value");
    s3cache_close(cache);
}

static void read_only(void) {
    s3cache *cache = OPEN("read_only", "yes");
    GIVES_TWICE(S3CACHE_ERROR_READ_ONLY, s3cache_set(cache, "k", 1, "new", 3, 60, error));
    GIVES_TWICE(S3CACHE_ERROR_READ_ONLY, s3cache_delete(cache, "k", 1, error));
    GIVES_TWICE(S3CACHE_ERROR_READ_ONLY, s3cache_clear(cache, NULL, NULL, error));
    expect_text(cache, "k", "value");
    s3cache_close(cache);
}

/* The bound of one handle, and not of its clone. */
static void bounds(void) {
    s3cache *cache = OPEN("max_entries", "0", "key_prefix", "bounds"), *clone = NULL;
    uint64_t count = 0;
    int i;
    GIVES(S3CACHE_OK, s3cache_clear(cache, NULL, NULL, error));
    GIVES(S3CACHE_OK, s3cache_clone(cache, &clone, error));
    GIVES(S3CACHE_OK, s3cache_set_max_entries(cache, 6, error));
    for (i = 0; i < 12; i++) {
        char key[32];
        sprintf(key, "clone %d", i);
        set_text(clone, key, "value", 60);
    }
    GIVES(S3CACHE_OK, s3cache_len(clone, &count, error));
    CHECK(count == 12);
    for (i = 0; i < 3; i++) {
        char key[32];
        sprintf(key, "cache %d", i);
        set_text(cache, key, "value", 60);
    }
    GIVES(S3CACHE_OK, s3cache_len(clone, &count, error));
    CHECK(count <= 6);
    GIVES(S3CACHE_OK, s3cache_clear(clone, NULL, NULL, error));
    s3cache_close(clone);
    s3cache_close(cache);
}

static void nothing_listens(void) {
    s3cache *cache =
        OPEN("endpoint", needed("CLOSED_ENDPOINT"), "retries", "0", "on_error", "miss");
    s3cache_error *last = (s3cache_error *)GARBAGE;
    s3cache_fill *fill = NULL;
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_MISS, s3cache_last_error(cache, &last, error));
    CHECK(last == NULL);
    expect_text(cache, "k", NULL);
    GIVES(S3CACHE_HIT, s3cache_last_error(cache, &last, error));
    CHECK(s3cache_error_kind(last) == S3CACHE_ERROR_UNREACHABLE);
    CHECK(strlen(s3cache_error_message(last)) > 0);
    CHECK(stats_of(cache).hidden_errors == 1);
    GIVES(S3CACHE_OK, s3cache_set(cache, "k", 1, "v", 1, 60, error));
    CHECK(stats_of(cache).hidden_errors == 2);

    /* The program gets on with its value, and nobody else hears of it. */
    GIVES(S3CACHE_MISS, s3cache_get_or_set_begin(cache, "k", 1, &value, &len, &fill, error));
    CHECK(value == NULL && len == 0 && fill != NULL);
    value = GARBAGE;
    GIVES(S3CACHE_OK, s3cache_get_or_set_finish(cache, fill, "v", 1, 60, &value, &len, error));
    CHECK(value == NULL && len == 0);
    s3cache_close(cache);
    /* It is of no handle. */
    CHECK(s3cache_error_kind(last) == S3CACHE_ERROR_UNREACHABLE);
    s3cache_error_free(last);
}

/* No reply ever comes: the deadline of the handle ends it, not the 30 s of the option. */
static void a_deadline(void) {
    s3cache *cache =
        OPEN("endpoint", needed("SILENT_ENDPOINT"), "retries", "0", "breaker_after", "0");
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    time_t begun = time(NULL);
    GIVES(S3CACHE_OK, s3cache_set_deadline(cache, 0.25, error));
    GIVES_TWICE(S3CACHE_ERROR_TIMED_OUT, s3cache_get(cache, "k", 1, &value, &len, error));
    CHECK(value == NULL && len == 0);
    CHECK(difftime(time(NULL), begun) < 15);
    s3cache_close(cache);
}

void test_handles(void) {
    clones();
    read_only();
    bounds();
    nothing_listens();
    a_deadline();
}
