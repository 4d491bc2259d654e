/* An engine that takes conditional writes for plain ones: what it cannot promise
 * is refused, and not done. */
#include "check.h"
#include "tests.h"

void test_weak(void) {
    s3cache *cache;
    s3cache_fill *fill = (s3cache_fill *)GARBAGE;
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    int64_t sum = GARBAGE_NUMBER;
    /* Its keys are others, too. */
    CHECK(setenv("S3CACHE_URL", needed("WEAK_URL"), 1) == 0);
    cache = OPEN(NULL);
    GIVES_TWICE(S3CACHE_FALSE, s3cache_conditional_writes(cache, error));
    GIVES_TWICE(S3CACHE_ERROR_UNSUPPORTED, s3cache_add(cache, "k", 1, "v", 1, 60, error));
    expect_text(cache, "k", NULL);
    /* Before anything is computed. */
    GIVES_TWICE(S3CACHE_ERROR_UNSUPPORTED,
                s3cache_get_or_set_begin(cache, "k", 1, &value, &len, &fill, error));
    CHECK(value == NULL && len == 0 && fill == NULL);
    set_text(cache, "k", "1", 60);
    GIVES_TWICE(S3CACHE_ERROR_UNSUPPORTED, s3cache_incr(cache, "k", 1, 1, &sum, error));
    CHECK(sum == 0);
    expect_text(cache, "k", "1");
    s3cache_close(cache);
}
