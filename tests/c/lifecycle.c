/* The bucket's lifecycle rule, on a server that keeps nothing else. */
#include "check.h"
#include "tests.h"

static void expect_days(s3cache *cache, s3cache_result expected, uint32_t days) {
    uint32_t found = GARBAGE_NUMBER;
    GIVES_TWICE(expected, s3cache_lifecycle(cache, &found, error));
    CHECK(found == days);
}

void test_lifecycle(void) {
    s3cache *cache = OPEN("endpoint", needed("LIFECYCLE_ENDPOINT"));
    expect_days(cache, S3CACHE_MISS, 0);
    GIVES_TWICE(S3CACHE_FALSE, s3cache_remove_lifecycle(cache, error));
    GIVES_TWICE(S3CACHE_OK, s3cache_set_lifecycle(cache, 7, error));
    expect_days(cache, S3CACHE_HIT, 7);
    GIVES(S3CACHE_OK, s3cache_set_lifecycle(cache, 30, error));
    expect_days(cache, S3CACHE_HIT, 30);
    GIVES_TWICE(S3CACHE_ERROR_INVALID_OPTION, s3cache_set_lifecycle(cache, 0, error));
    expect_days(cache, S3CACHE_HIT, 30);
    GIVES(S3CACHE_OK, s3cache_remove_lifecycle(cache, error));
    expect_days(cache, S3CACHE_MISS, 0);
    s3cache_close(cache);
}
