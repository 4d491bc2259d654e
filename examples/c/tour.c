/* A tour of s3cache from C, to be copied from.
 *
 *     cc -o tour tour.c $(pkg-config --cflags --libs s3cache)
 *     ./tour 's3://my-bucket/some/folder?endpoint=http://127.0.0.1:9000'
 *
 * with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment. Without an
 * argument the options come from there as well: S3CACHE_URL and its like. It leaves
 * a few entries behind, which expire within the hour.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <s3cache.h>

/* All that the tour holds, so that one function can give it back, however far the
 * tour has come. */
struct tour {
    s3cache_options *options;
    s3cache *cache;
    s3cache_error *error;
    s3cache_fill *fill;
    void *value;
    size_t len;
    s3cache_value many[3];
};

/* Before a call that gives a value out: it would be written over. */
static void drop_value(struct tour *tour) {
    s3cache_free(tour->value);
    tour->value = NULL;
    tour->len = 0;
}

static void give_back(struct tour *tour) {
    size_t i;
    for (i = 0; i < sizeof tour->many / sizeof *tour->many; i++)
        s3cache_free(tour->many[i].data);
    drop_value(tour);
    s3cache_get_or_set_abandon(tour->cache, tour->fill, NULL); /* NULL does no harm */
    s3cache_error_free(tour->error);
    s3cache_close(tour->cache);
    s3cache_options_free(tour->options);
}

/* An error (each function below hands it on at once), or something >= 0. */
static s3cache_result open_cache(struct tour *tour, const char *url) {
    s3cache_result result;
    if (url != NULL)
        result = s3cache_options_from_url(url, &tour->options, &tour->error);
    else
        result = s3cache_options_from_env(&tour->options, &tour->error);
    if (result < 0)
        return result;
    result = s3cache_options_set(tour->options, "default_timeout", "1h", &tour->error);
    if (result < 0)
        return result;
    return s3cache_open(tour->options, &tour->cache, &tour->error);
}

static s3cache_result bytes_in_bytes_out(struct tour *tour) {
    const char *key = "greeting", *value = "hello";
    s3cache_result result = s3cache_set(tour->cache, key, strlen(key), value, strlen(value), 60,
                                        &tour->error);
    if (result < 0)
        return result;
    drop_value(tour);
    result = s3cache_get(tour->cache, key, strlen(key), &tour->value, &tour->len, &tour->error);
    if (result == S3CACHE_HIT) /* bytes, without a NUL at their end */
        printf("greeting: %.*s\n", (int)tour->len, (const char *)tour->value);
    else if (result == S3CACHE_MISS)
        puts("greeting: somebody has deleted it meanwhile");
    return result;
}

/* Of all programs on all hosts that do this at once, one may run the job. */
static s3cache_result one_winner(struct tour *tour) {
    s3cache_result result = s3cache_add(tour->cache, "nightly-job", 11, "me", 2, 60, &tour->error);
    if (result == S3CACHE_OK)
        puts("nightly-job: it is ours to run");
    else if (result == S3CACHE_FALSE)
        puts("nightly-job: somebody else is at it");
    return result;
}

static s3cache_result a_counter(struct tour *tour) {
    int64_t visits;
    s3cache_result result = s3cache_add(tour->cache, "visits", 6, "0", 1, S3CACHE_TIMEOUT_DEFAULT,
                                        &tour->error);
    if (result < 0)
        return result;
    result = s3cache_incr(tour->cache, "visits", 6, 1, &visits, &tour->error);
    if (result >= 0)
        printf("visits: %" PRId64 "\n", visits);
    return result;
}

/* What is not there is computed, and stored for the next caller. */
static s3cache_result a_page(struct tour *tour) {
    const char *page = "<html>";
    s3cache_result result;
    drop_value(tour);
    result = s3cache_get_or_set_begin(tour->cache, "page", 4, &tour->value, &tour->len, &tour->fill,
                                      &tour->error);
    if (result == S3CACHE_HIT)
        printf("page: %.*s, as it was stored\n", (int)tour->len, (const char *)tour->value);
    if (result != S3CACHE_MISS)
        return result;
    /* Here it would be computed. Finishing ends the fill, whatever the result. */
    result = s3cache_get_or_set_finish(tour->cache, tour->fill, page, strlen(page),
                                       S3CACHE_TIMEOUT_DEFAULT, &tour->value, &tour->len,
                                       &tour->error);
    tour->fill = NULL;
    if (result == S3CACHE_HIT)
        printf("page: %.*s, as somebody else was faster\n", (int)tour->len,
               (const char *)tour->value);
    else if (result == S3CACHE_OK)
        printf("page: %s, computed\n", page);
    return result;
}

static s3cache_result many_at_once(struct tour *tour) {
    const s3cache_bytes keys[3] = {{"a", 1}, {"b", 1}, {"nobody", 6}};
    const s3cache_bytes values[2] = {{"1", 1}, {"2", 1}};
    size_t i;
    s3cache_result result =
        s3cache_set_many(tour->cache, keys, values, 2, 60, NULL, &tour->error);
    if (result < 0)
        return result;
    result = s3cache_get_many(tour->cache, keys, 3, tour->many, &tour->error);
    for (i = 0; result >= 0 && i < 3; i++) {
        const s3cache_value *value = &tour->many[i];
        printf("%.*s: ", (int)keys[i].len, (const char *)keys[i].data);
        if (value->data != NULL) /* never NULL for a hit, an empty one included */
            printf("%.*s\n", (int)value->len, (const char *)value->data);
        else
            puts("a miss");
    }
    return result;
}

static s3cache_result what_it_took(struct tour *tour) {
    s3cache_stats stats;
    s3cache_result result;
    stats.size = sizeof stats;
    result = s3cache_get_stats(tour->cache, &stats, &tour->error);
    if (result >= 0)
        printf("%" PRIu64 " hits, %" PRIu64 " misses; %" PRIu64 " GET, %" PRIu64 " PUT, %" PRIu64
               " LIST over %" PRIu64 " connection(s)\n",
               stats.hits, stats.misses, stats.gets, stats.puts, stats.lists, stats.connections);
    return result;
}

int main(int argc, char **argv) {
    struct tour tour = {0};
    int failed = open_cache(&tour, argc > 1 ? argv[1] : NULL) < 0 ||
                 bytes_in_bytes_out(&tour) < 0 || one_winner(&tour) < 0 || a_counter(&tour) < 0 ||
                 a_page(&tour) < 0 || many_at_once(&tour) < 0 || what_it_took(&tour) < 0;
    if (failed)
        fprintf(stderr, "tour: %s\n", s3cache_error_message(tour.error));
    give_back(&tour);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
