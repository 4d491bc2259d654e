/* After a fork: the child is kept off its parent's connections, and opens its own. */
#include "calls.h"
#include "tests.h"

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static void in_the_child(s3cache *inherited, s3cache *idle, s3cache_options *options,
                         s3cache_token *token, s3cache_fill *fill) {
    s3cache *own = (s3cache *)GARBAGE;
    each_call_gives(S3CACHE_ERROR_FORKED, inherited, token, fill);
    GIVES(S3CACHE_OK, s3cache_open(options, &own, error));
    set_text(own, "of the child", "value", 60);
    expect_text(own, "k", "value");
    s3cache_close(own);
    s3cache_close(inherited);
    s3cache_close(idle);
    s3cache_token_free(token);
    s3cache_fill_free(fill);
    s3cache_options_free(options);
}

void test_forks(void) {
    s3cache_options *options = OPTIONS(NULL);
    s3cache *cache = NULL, *idle = NULL;
    s3cache_token *token = NULL;
    s3cache_fill *fill = NULL;
    void *value = NULL;
    size_t len = 0;
    uint64_t connections;
    int status = 0;
    pid_t child;
    GIVES(S3CACHE_OK, s3cache_open(options, &cache, error));
    GIVES(S3CACHE_OK, s3cache_open(options, &idle, error));
    set_text(cache, "k", "value", 60);
    GIVES(S3CACHE_HIT, s3cache_get_with_token(cache, "k", 1, &value, &len, &token, error));
    s3cache_free(value);
    GIVES(S3CACHE_MISS, s3cache_get_or_set_begin(cache, "new", 3, &value, &len, &fill, error));
    connections = stats_of(cache).connections;

    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        in_the_child(cache, idle, options, token, fill);
        exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);

    /* Over the connection that it had before: the child has not closed it. */
    expect_text(cache, "of the child", "value");
    GIVES(S3CACHE_OK, s3cache_compare_and_set(cache, "k", 1, token, "new", 3, 60, error));
    GIVES(S3CACHE_OK, s3cache_get_or_set_finish(cache, fill, "v", 1, 60, NULL, NULL, error));
    CHECK(stats_of(cache).connections == connections);
    expect_text(idle, "k", "new");
    s3cache_token_free(token);
    s3cache_close(cache);
    s3cache_close(idle);
    s3cache_options_free(options);
}
