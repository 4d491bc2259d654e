/* What goes through all entries: clear, cull, count. */
#include "check.h"
#include "tests.h"

static void store(s3cache *cache, int count, double timeout) {
    int i;
    for (i = 0; i < count; i++) {
        char key[32];
        sprintf(key, "%d-%d", count, i);
        set_text(cache, key, "value", timeout);
    }
}

static void expect_len(s3cache *cache, uint64_t expected) {
    uint64_t count = GARBAGE_NUMBER, estimate = GARBAGE_NUMBER, off = GARBAGE_NUMBER;
    GIVES(S3CACHE_OK, s3cache_len(cache, &count, error));
    CHECK(count == expected);
    GIVES(S3CACHE_OK, s3cache_len_estimate(cache, &estimate, &off, error));
    CHECK(estimate == expected && off == 0);
    GIVES_TWICE(S3CACHE_OK, s3cache_len_estimate(cache, &estimate, NULL, error));
}

static void clear(s3cache *cache) {
    uint64_t removed = GARBAGE_NUMBER, not_removed = GARBAGE_NUMBER;
    store(cache, 5, 60);
    expect_len(cache, 5);
    GIVES(S3CACHE_OK, s3cache_clear(cache, &removed, &not_removed, error));
    CHECK(removed == 5 && not_removed == 0);
    removed = GARBAGE_NUMBER;
    GIVES(S3CACHE_OK, s3cache_clear(cache, &removed, NULL, error));
    CHECK(removed == 0);
    GIVES_TWICE(S3CACHE_OK, s3cache_clear(cache, NULL, NULL, error));
    expect_len(cache, 0);
}

static void cull(s3cache *cache) {
    uint64_t removed = GARBAGE_NUMBER, not_removed = GARBAGE_NUMBER;
    store(cache, 10, 60);
    GIVES(S3CACHE_OK, s3cache_cull(cache, &removed, &not_removed, error));
    CHECK(removed == 0 && not_removed == 0);
    /* Changed on this handle, and on no other. */
    GIVES_TWICE(S3CACHE_OK, s3cache_set_max_entries(cache, 4, error));
    GIVES_TWICE(S3CACHE_OK, s3cache_set_cull_frequency(cache, 2, error));
    GIVES(S3CACHE_OK, s3cache_cull(cache, &removed, &not_removed, error));
    CHECK(removed == 8 && not_removed == 0);
    expect_len(cache, 2);
    GIVES(S3CACHE_OK, s3cache_set_max_entries(cache, -1, error));
    GIVES(S3CACHE_OK, s3cache_set_cull_frequency(cache, 0, error));
    GIVES_TWICE(S3CACHE_OK, s3cache_cull(cache, NULL, NULL, error));
    GIVES(S3CACHE_OK, s3cache_set_max_entries(cache, 0, error));
    expect_len(cache, 0);
}

static void what_has_expired(s3cache *cache) {
    uint64_t removed = GARBAGE_NUMBER, not_removed = GARBAGE_NUMBER;
    store(cache, 3, 60);
    store(cache, 2, -1);
    expect_len(cache, 5);
    GIVES(S3CACHE_OK, s3cache_remove_expired(cache, &removed, &not_removed, error));
    CHECK(removed == 2 && not_removed == 0);
    GIVES_TWICE(S3CACHE_OK, s3cache_remove_expired(cache, NULL, NULL, error));
    expect_len(cache, 3);
}

static void what_is_old(s3cache *cache) {
    static const double REFUSED[] = {-1, -1e-300, HUGE_VAL, -HUGE_VAL, NAN};
    uint64_t removed = GARBAGE_NUMBER, not_removed = GARBAGE_NUMBER;
    size_t i;
    for (i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        removed = not_removed = GARBAGE_NUMBER;
        GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                    s3cache_remove_older_than(cache, REFUSED[i], &removed, &not_removed, error));
        CHECK(removed == 0 && not_removed == 0);
    }
    GIVES(S3CACHE_OK, s3cache_remove_older_than(cache, 1e300, &removed, &not_removed, error));
    CHECK(removed == 0 && not_removed == 0);
    GIVES(S3CACHE_OK, s3cache_remove_older_than(cache, 3600, &removed, NULL, error));
    CHECK(removed == 0);
    expect_len(cache, 3);
    /* S3 dates a write by the second. */
    pause_ms(2500);
    GIVES(S3CACHE_OK, s3cache_remove_older_than(cache, 0.5, &removed, &not_removed, error));
    CHECK(removed == 3 && not_removed == 0);
    GIVES_TWICE(S3CACHE_OK, s3cache_remove_older_than(cache, 0, NULL, NULL, error));
    expect_len(cache, 0);
}

void test_walks(void) {
    s3cache *cache = OPEN("max_entries", "0");
    clear(cache);
    cull(cache);
    what_has_expired(cache);
    what_is_old(cache);
    s3cache_close(cache);
}
