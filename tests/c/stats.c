/* Counters, in structures of every size that a program may have been built with. */
#include "check.h"
#include "tests.h"

/* As a later header may have it. */
typedef struct later {
    s3cache_stats known;
    uint64_t unknown[3];
    unsigned char after;
} later;

static void what_is_counted(s3cache *cache) {
    s3cache_stats stats;
    s3cache_fill *fill = NULL;
    void *value = NULL;
    size_t len = 0;
    int64_t sum = 0;
    stats = stats_of(cache);
    CHECK(stats.hits + stats.misses + stats.gets + stats.puts + stats.connections == 0);
    set_text(cache, "k", "value", 60);
    expect_text(cache, "k", "value");
    expect_text(cache, "none", NULL);
    set_text(cache, "old", "value", -1);
    expect_text(cache, "old", NULL);
    GIVES(S3CACHE_OK, s3cache_delete(cache, "old", 3, error));
    stats = stats_of(cache);
    CHECK(stats.hits == 1 && stats.misses == 2 && stats.expired == 1 && stats.corrupt == 0);
    CHECK(stats.gets == 3 && stats.puts == 2 && stats.deletes == 1 && stats.multi_deletes == 0);
    CHECK(stats.stale == 0 && stats.hidden_errors == 0 && stats.retries == 0);
    CHECK(stats.connections == 1 && stats.breaker_openings == 0);
    /* Headers of 64 bytes, and listings. */
    CHECK(stats.bytes_out >= 2 * 64 && stats.bytes_in >= 2 * 64);
    GIVES(S3CACHE_OK, s3cache_clear(cache, NULL, NULL, error));
    CHECK(stats_of(cache).multi_deletes == 1 && stats_of(cache).lists > stats.lists);

    GIVES_TWICE(S3CACHE_OK, s3cache_reset_stats(cache, error));
    stats = stats_of(cache);
    CHECK(stats.hits + stats.misses + stats.gets + stats.puts + stats.lists + stats.bytes_in == 0);
    GIVES(S3CACHE_ERROR_NOT_FOUND, s3cache_incr(cache, "none", 4, 1, &sum, error));
    GIVES(S3CACHE_MISS, s3cache_get_or_set_begin(cache, "none", 4, &value, &len, &fill, error));
    GIVES(S3CACHE_OK, s3cache_get_or_set_abandon(cache, fill, error));
    CHECK(stats_of(cache).misses > 0);
}

/* No structure has a size that is no multiple of 8: then only the end counts. */
static void a_size_of(s3cache *cache, size_t size) {
    later stats;
    const s3cache_stats whole = stats_of(cache);
    const unsigned char *bytes = (const unsigned char *)&stats;
    const size_t known = size < sizeof whole ? size : sizeof whole;
    size_t i;
    memset(&stats, 0x5a, sizeof stats);
    stats.known.size = size;
    GIVES_TWICE(S3CACHE_OK, s3cache_get_stats(cache, (s3cache_stats *)&stats, error));
    CHECK(stats.known.size == size);
    CHECK(stats.known.hits == whole.hits);
    /* Fields that are there as a whole are as in the whole. */
    CHECK(memcmp(bytes + sizeof size, (const unsigned char *)&whole + sizeof size,
                 known / sizeof whole.hits * sizeof whole.hits - sizeof size) == 0);
    for (i = sizeof whole; i < size - size % sizeof whole.hits; i++)
        CHECK(bytes[i] == 0);
    for (i = size; i < sizeof stats; i++)
        CHECK(bytes[i] == 0x5a);
}

static void too_small(s3cache *cache, size_t size) {
    s3cache_stats stats;
    const unsigned char *bytes = (const unsigned char *)&stats;
    size_t i;
    memset(&stats, 0x5a, sizeof stats);
    stats.size = size;
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_get_stats(cache, &stats, error));
    CHECK(stats.size == size);
    for (i = sizeof size; i < sizeof stats; i++)
        CHECK(bytes[i] == 0x5a);
}

static void of_each_handle(s3cache *cache) {
    s3cache *clone = (s3cache *)GARBAGE;
    GIVES(S3CACHE_OK, s3cache_reset_stats(cache, error));
    expect_text(cache, "none", NULL);
    GIVES(S3CACHE_OK, s3cache_clone(cache, &clone, error));
    CHECK(stats_of(clone).misses == 0 && stats_of(cache).misses == 1);
    expect_text(clone, "none", NULL);
    expect_text(clone, "none", NULL);
    CHECK(stats_of(clone).misses == 2 && stats_of(cache).misses == 1);
    /* It shares the connection. */
    CHECK(stats_of(clone).connections == 0);
    s3cache_close(clone);
}

void test_stats(void) {
    s3cache *cache = OPEN(NULL);
    size_t size;
    what_is_counted(cache);
    set_text(cache, "k", "value", 60);
    expect_text(cache, "k", "value");
    for (size = 0; size < offsetof(s3cache_stats, stale); size++)
        too_small(cache, size);
    for (; size <= offsetof(later, after); size++)
        a_size_of(cache, size);
    of_each_handle(cache);
    s3cache_close(cache);
}
