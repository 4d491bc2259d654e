/* Many keys in one call. */
#include "check.h"
#include "tests.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void fill_with_garbage(s3cache_value *values, size_t count) {
    size_t i;
    for (i = 0; i < count; i++) {
        values[i].data = GARBAGE;
        values[i].len = GARBAGE_NUMBER;
    }
}

static void in_their_order(s3cache *cache) {
    const s3cache_bytes keys[] = {{"a", 1}, {NULL, 0}, {"c\0d", 3}};
    const s3cache_bytes stored[] = {{"one", 3}, {NULL, 0}, {"\0three", 6}};
    const s3cache_bytes asked[] = {{"c\0d", 3}, {"none", 4}, {"a", 1}, {NULL, 0}, {"a", 1}};
    s3cache_value found[COUNT(asked)];
    size_t count = GARBAGE_NUMBER, i;
    GIVES(S3CACHE_OK, s3cache_set_many(cache, keys, stored, COUNT(keys), 60, &count, error));
    CHECK(count == COUNT(keys));
    GIVES_TWICE(S3CACHE_OK, s3cache_set_many(cache, keys, stored, COUNT(keys), 60, NULL, error));

    fill_with_garbage(found, COUNT(asked));
    GIVES(S3CACHE_OK, s3cache_get_many(cache, asked, COUNT(asked), found, error));
    CHECK(found[0].len == 6 && memcmp(found[0].data, "\0three", 6) == 0);
    CHECK(found[1].len == 0 && found[1].data == NULL);
    CHECK(found[2].len == 3 && memcmp(found[2].data, "one", 3) == 0);
    CHECK(found[3].len == 0 && found[3].data != NULL);
    CHECK(found[4].len == 3 && memcmp(found[4].data, "one", 3) == 0);
    CHECK(found[4].data != found[2].data);
    for (i = 0; i < COUNT(asked); i++)
        s3cache_free(found[i].data);

    /* One of them is not there. */
    GIVES_TWICE(S3CACHE_OK, s3cache_delete_many(cache, asked, COUNT(asked), error));
    expect_text(cache, "a", NULL);
    expect_text(cache, "", NULL);
}

static void none(s3cache *cache) {
    const s3cache_bytes key = {"a", 1};
    s3cache_value value = {GARBAGE, GARBAGE_NUMBER};
    size_t count = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_OK, s3cache_get_many(cache, NULL, 0, NULL, error));
    GIVES_TWICE(S3CACHE_OK, s3cache_set_many(cache, NULL, NULL, 0, 60, &count, error));
    CHECK(count == 0);
    GIVES_TWICE(S3CACHE_OK, s3cache_delete_many(cache, NULL, 0, error));
    GIVES_TWICE(S3CACHE_OK, s3cache_get_many(cache, &key, 0, &value, error));
    CHECK(value.data == GARBAGE && value.len == GARBAGE_NUMBER);
}

static void one_that_fails(void) {
    const s3cache_bytes keys[] = {{"x", 1}, {"y", 1}, {"z", 1}};
    const s3cache_bytes too_long[] = {{"1", 1}, {"22222", 5}, {"3", 1}};
    s3cache *cache = OPEN("max_value_size", "4");
    size_t count = GARBAGE_NUMBER;
    GIVES(S3CACHE_ERROR_VALUE_TOO_LARGE,
          s3cache_set_many(cache, keys, too_long, 3, 60, &count, error));
    CHECK(count == 1);
    expect_text(cache, "x", "1");
    expect_text(cache, "y", NULL);
    expect_text(cache, "z", NULL);
    s3cache_close(cache);
}

/* The first is there, and was read by the time that the second failed. */
static void none_of_them(s3cache *cache) {
    const s3cache_bytes keys[] = {{"x", 1}, {"long", 4}, {"none", 4}};
    s3cache_value found[COUNT(keys)];
    s3cache *small = OPEN("max_value_size", "4");
    size_t i;
    set_text(cache, "x", "1", 60);
    set_text(cache, "long", "22222", 60);
    fill_with_garbage(found, COUNT(keys));
    GIVES_TWICE(S3CACHE_ERROR_VALUE_TOO_LARGE,
                s3cache_get_many(small, keys, COUNT(keys), found, error));
    for (i = 0; i < COUNT(keys); i++)
        CHECK(found[i].data == NULL && found[i].len == 0);
    s3cache_close(small);
}

/* S3 takes a thousand at a time. */
static void more_than_a_page(s3cache *cache) {
    static char names[1001][16];
    static s3cache_bytes keys[1001];
    size_t i;
    for (i = 0; i < COUNT(keys); i++) {
        keys[i].data = names[i];
        keys[i].len = (size_t)sprintf(names[i], "%u", (unsigned)i);
    }
    set_text(cache, "0", "v", 60);
    set_text(cache, "1000", "v", 60);
    GIVES(S3CACHE_OK, s3cache_reset_stats(cache, error));
    GIVES(S3CACHE_OK, s3cache_delete_many(cache, keys, COUNT(keys), error));
    CHECK(stats_of(cache).multi_deletes == 2);
    expect_text(cache, "0", NULL);
    expect_text(cache, "1000", NULL);
}

void test_many(void) {
    s3cache *cache = OPEN(NULL);
    in_their_order(cache);
    none(cache);
    one_that_fails();
    none_of_them(cache);
    more_than_a_page(cache);
    s3cache_close(cache);
}
