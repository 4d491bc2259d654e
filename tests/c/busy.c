/* Two threads on one handle: the later is turned away, whatever it calls, and the
 * one that was there first notices nothing. The server of this test never replies,
 * so that the first call lasts until its deadline. */
#include "calls.h"
#include "tests.h"

#include <pthread.h>

static void *waits_for_a_reply(void *cache) {
    void *value = GARBAGE;
    size_t len = GARBAGE_NUMBER;
    s3cache_result result;
    do {
        result = s3cache_get(cache, "k", 1, &value, &len, NULL);
    } while (result == S3CACHE_ERROR_BUSY);
    /* on_error = miss hides the rest. */
    CHECK(result == S3CACHE_MISS && value == NULL && len == 0);
    return NULL;
}

/* Of another cache, whose server does reply. */
static s3cache_token *some_token(void) {
    s3cache *cache = OPEN(NULL);
    s3cache_token *token = NULL;
    void *value = NULL;
    size_t len = 0;
    set_text(cache, "k", "value", 60);
    GIVES(S3CACHE_HIT, s3cache_get_with_token(cache, "k", 1, &value, &len, &token, error));
    s3cache_free(value);
    s3cache_close(cache);
    return token;
}

void test_busy(void) {
    s3cache *cache = OPEN("endpoint", needed("SILENT_ENDPOINT"), "retries", "0", "breaker_after",
                          "0", "on_error", "miss", "deadline", "0.25");
    s3cache_token *token = some_token();
    s3cache_fill *fill = NULL;
    pthread_t thread;
    void *value = NULL;
    size_t len = 0;
    char *region = NULL;
    s3cache_result result;
    int tries = 0;
    GIVES(S3CACHE_MISS, s3cache_get_or_set_begin(cache, "k", 1, &value, &len, &fill, error));
    GIVES(S3CACHE_OK, s3cache_set_deadline(cache, 10, error));
    CHECK(pthread_create(&thread, NULL, waits_for_a_reply, cache) == 0);
    /* Until it has begun. */
    while ((result = s3cache_region(cache, &region, NULL)) == S3CACHE_OK) {
        s3cache_free(region);
        pause_ms(5);
        CHECK(++tries < 2000);
    }
    CHECK(result == S3CACHE_ERROR_BUSY);
    each_call_gives(S3CACHE_ERROR_BUSY, cache, token, fill);
    CHECK(pthread_join(thread, NULL) == 0);

    CHECK(stats_of(cache).hidden_errors == 2);
    GIVES(S3CACHE_OK, s3cache_set_deadline(cache, 0.25, error));
    GIVES(S3CACHE_OK, s3cache_get_or_set_abandon(cache, fill, error));
    s3cache_token_free(token);
    s3cache_close(cache);
}
