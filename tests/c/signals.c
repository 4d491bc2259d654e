/* A program's signals are its own affair: one that interrupts a wait breaks no call,
 * and a connection that the server has closed ends no program by SIGPIPE, which Rust
 * programs ignore and C programs do not. */
#include "check.h"
#include "tests.h"

#include <pthread.h>
#include <signal.h>

static volatile sig_atomic_t caught, stopped;

static void count(int number) {
    (void)number;
    caught++;
}

static void *disturbs(void *thread) {
    while (!stopped) {
        pthread_kill(*(pthread_t *)thread, SIGUSR1);
        pause_ms(1);
    }
    return NULL;
}

static void interrupted(void) {
    enum { LEN = 1 << 18, ROUNDS = 30 };
    static unsigned char value[LEN], found[LEN];
    s3cache *cache = OPEN("retries", "0");
    struct sigaction action;
    pthread_t own = pthread_self(), other;
    int round;
    memset(&action, 0, sizeof action);
    /* Without SA_RESTART, as Python's handlers are; a wait that has a timeout is
     * interrupted in either case. */
    action.sa_handler = count;
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    CHECK(pthread_create(&other, NULL, disturbs, &own) == 0);
    for (round = 0; round < ROUNDS; round++) {
        size_t len = 0;
        memset(value, round, LEN);
        GIVES(S3CACHE_OK, s3cache_set(cache, "k", 1, value, LEN, 60, error));
        GIVES(S3CACHE_HIT, s3cache_get_into(cache, "k", 1, found, LEN, &len, error));
        CHECK(len == LEN && memcmp(value, found, LEN) == 0);
    }
    stopped = 1;
    CHECK(pthread_join(other, NULL) == 0);
    CHECK(caught > ROUNDS);
    CHECK(stats_of(cache).retries == 0);
    s3cache_close(cache);
}

static void the_server_hangs_up(void) {
    enum { LEN = 1 << 22 };
    static unsigned char value[LEN];
    s3cache *cache =
        OPEN("endpoint", needed("RUDE_ENDPOINT"), "retries", "0", "breaker_after", "0");
    int round;
    for (round = 0; round < 10; round++)
        GIVES(S3CACHE_ERROR_CONNECTION_LOST,
              s3cache_set(cache, "k", 1, value, LEN, 60, error));
    s3cache_close(cache);
}

void test_signals(void) {
    interrupted();
    the_server_hangs_up();
}
