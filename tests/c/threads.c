/* Four threads, each with a clone of its own: one winner of each race, and no count
 * lost. */
#include "check.h"
#include "tests.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS 10

typedef struct worker {
    s3cache *cache;
    int number;
    int won;
    pthread_t thread;
} worker;

static void *work(void *own) {
    worker *self = own;
    int round;
    for (round = 0; round < ROUNDS; round++) {
        char key[32], value[32];
        s3cache_result result;
        s3cache_error *why = NULL;
        sprintf(key, "race %d", round);
        result = s3cache_add(self->cache, key, strlen(key), key, strlen(key), 60, &why);
        if (result < 0)
            failed(__FILE__, __LINE__, key, s3cache_error_message(why));
        self->won += result == S3CACHE_OK;
        GIVES(S3CACHE_OK, s3cache_incr(self->cache, "sum", 3, 1, NULL, error));
        sprintf(key, "of %d", self->number);
        sprintf(value, "round %d", round);
        set_text(self->cache, key, value, 60);
        expect_text(self->cache, key, value);
    }
    /* Ended where it was used, and not where it was made. */
    if (self->number % 2 == 0) {
        s3cache_close(self->cache);
        self->cache = NULL;
    }
    return NULL;
}

void test_threads(void) {
    s3cache *cache = OPEN("max_entries", "0", "retries", "20");
    worker workers[THREADS];
    int i, won = 0;
    uint64_t connections = 0;
    set_text(cache, "sum", "0", 60);
    for (i = 0; i < THREADS; i++) {
        workers[i].number = i;
        workers[i].won = 0;
        GIVES(S3CACHE_OK, s3cache_clone(cache, &workers[i].cache, error));
    }
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
        won += workers[i].won;
        if (workers[i].cache != NULL) {
            s3cache_stats stats = stats_of(workers[i].cache);
            /* Its own reads alone: what incr looks at is counted apart or as well. */
            CHECK(stats.hits >= ROUNDS && stats.hits <= 3 * ROUNDS);
            connections += stats.connections;
            s3cache_close(workers[i].cache);
        }
    }
    CHECK(won == ROUNDS);
    CHECK(connections <= THREADS);
    expect_text(cache, "sum", "40");
    CHECK(stats_of(cache).hits == 1);
    s3cache_close(cache);
}
