/* What is set comes back: any bytes, any key, of any length. */
#include "check.h"
#include "tests.h"

/* Bytes of every value, NUL among them. */
static unsigned char *noise(size_t len) {
    unsigned char *bytes = malloc(len + 1);
    uint32_t state = 0x9e3779b9u;
    size_t i;
    CHECK(bytes != NULL);
    for (i = 0; i < len; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (unsigned char)(state >> 24);
    }
    return bytes;
}

static void a_value_of(s3cache *cache, size_t len) {
    unsigned char *bytes = noise(len), *buffer = noise(len);
    void *value = GARBAGE;
    size_t found = GARBAGE_NUMBER;
    GIVES(S3CACHE_OK, s3cache_set(cache, "value", 5, bytes, len, 60, error));
    GIVES(S3CACHE_HIT, s3cache_get(cache, "value", 5, &value, &found, error));
    CHECK(value != NULL && found == len && memcmp(value, bytes, len) == 0);
    s3cache_free(value);

    /* The byte after the end is not written. */
    memset(buffer, 0, len);
    buffer[len] = 0x77;
    found = GARBAGE_NUMBER;
    GIVES(S3CACHE_HIT, s3cache_get_into(cache, "value", 5, buffer, len, &found, error));
    CHECK(found == len && memcmp(buffer, bytes, len) == 0 && buffer[len] == 0x77);
    free(bytes);
    free(buffer);
}

static void an_empty_value(s3cache *cache) {
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_OK, s3cache_set(cache, "empty", 5, NULL, 0, 60, error));
    GIVES(S3CACHE_HIT, s3cache_get(cache, "empty", 5, &value, &len, error));
    CHECK(value != NULL && len == 0);
    s3cache_free(value);
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_HIT, s3cache_get_into(cache, "empty", 5, NULL, 0, &len, error));
    CHECK(len == 0);
}

static void a_miss(s3cache *cache) {
    char buffer[4] = "as", text[4] = "as";
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    double seconds = 7;
    GIVES_TWICE(S3CACHE_MISS, s3cache_get(cache, "none", 4, &value, &len, error));
    CHECK(value == NULL && len == 0);
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_MISS, s3cache_get_into(cache, "none", 4, buffer, 4, &len, error));
    CHECK(len == 0 && memcmp(buffer, text, 4) == 0);
    GIVES_TWICE(S3CACHE_FALSE, s3cache_has_key(cache, "none", 4, error));
    GIVES_TWICE(S3CACHE_MISS, s3cache_ttl(cache, "none", 4, &seconds, error));
    CHECK(seconds == 0);
    GIVES_TWICE(S3CACHE_FALSE, s3cache_remove(cache, "none", 4, error));
    GIVES_TWICE(S3CACHE_OK, s3cache_delete(cache, "none", 4, error));
}

static void a_small_buffer(s3cache *cache) {
    char buffer[8] = "before.";
    size_t len = GARBAGE_NUMBER;
    set_text(cache, "k", "value", 60);
    GIVES_TWICE(S3CACHE_ERROR_BUFFER_TOO_SMALL,
                s3cache_get_into(cache, "k", 1, buffer, 4, &len, error));
    CHECK(len == 5 && strcmp(buffer, "before.") == 0);
    len = GARBAGE_NUMBER;
    GIVES_TWICE(S3CACHE_ERROR_BUFFER_TOO_SMALL,
                s3cache_get_into(cache, "k", 1, NULL, 0, &len, error));
    CHECK(len == 5);
    GIVES_TWICE(S3CACHE_HIT, s3cache_get_into(cache, "k", 1, buffer, len, &len, error));
    CHECK(len == 5 && memcmp(buffer, "valuee.", 8) == 0);
}

static void any_bytes_are_a_key(s3cache *cache) {
    unsigned char *long_key = noise(1 << 20);
    const s3cache_bytes keys[] = {
        {NULL, 0},    {"\0", 1},       {"a", 1},        {"a\0", 2},
        {"a\0b", 3},  {"\xff\xfe", 2}, {long_key, 1 << 20}, {long_key, (1 << 20) - 1},
    };
    const size_t count = sizeof keys / sizeof *keys;
    size_t i;
    for (i = 0; i < count; i++)
        GIVES(S3CACHE_OK, s3cache_set(cache, keys[i].data, keys[i].len, &i, sizeof i, 60, error));
    for (i = 0; i < count; i++) {
        size_t found = count, len = 0;
        GIVES(S3CACHE_HIT, s3cache_get_into(cache, keys[i].data, keys[i].len, &found, sizeof found,
                                            &len, error));
        CHECK(len == sizeof found && found == i);
        GIVES(S3CACHE_OK, s3cache_has_key(cache, keys[i].data, keys[i].len, error));
    }
    /* No bytes are no bytes, whatever points to them. */
    GIVES(S3CACHE_OK, s3cache_has_key(cache, long_key, 0, error));
    free(long_key);
}

static void gone(s3cache *cache) {
    set_text(cache, "k", "value", 60);
    GIVES_TWICE(S3CACHE_OK, s3cache_has_key(cache, "k", 1, error));
    GIVES(S3CACHE_OK, s3cache_delete(cache, "k", 1, error));
    GIVES(S3CACHE_FALSE, s3cache_has_key(cache, "k", 1, error));
    expect_text(cache, "k", NULL);
    set_text(cache, "k", "again", 60);
    expect_text(cache, "k", "again");
    GIVES(S3CACHE_OK, s3cache_remove(cache, "k", 1, error));
    GIVES(S3CACHE_FALSE, s3cache_remove(cache, "k", 1, error));
    expect_text(cache, "k", NULL);
}

void test_values(void) {
    s3cache *cache = OPEN(NULL);
    an_empty_value(cache);
    a_value_of(cache, 0);
    a_value_of(cache, 1);
    a_value_of(cache, 4096);
    a_value_of(cache, 1 << 20);
    a_miss(cache);
    a_small_buffer(cache);
    any_bytes_are_a_key(cache);
    gone(cache);
    s3cache_close(cache);

    /* And deflated ones. */
    cache = OPEN("compress", "on", "compress_threshold", "0");
    a_value_of(cache, 0);
    a_value_of(cache, 1 << 16);
    a_small_buffer(cache);
    s3cache_close(cache);
}
