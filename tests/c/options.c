/* Options: where they come from, what is refused, and what is not told. */
#include "check.h"
#include "tests.h"

#define NOT_UTF8 "caf\xe9"

/* What this option is set to; NULL: nothing that is told. */
static void expect_option(const s3cache_options *options, const char *name, const char *expected) {
    char *value = (char *)GARBAGE;
    GIVES(expected == NULL ? S3CACHE_MISS : S3CACHE_HIT,
          s3cache_options_get(options, name, &value, error));
    CHECK((value == NULL) == (expected == NULL));
    CHECK(value == NULL || strcmp(value, expected) == 0);
    s3cache_free(value);
}

/* Refused, with all these words in the message. */
static void refused(s3cache_options *options, const char *name, const char *value,
                    const char *word, const char *another) {
    s3cache_error *why = NULL;
    GIVES_TWICE(S3CACHE_ERROR_INVALID_OPTION, s3cache_options_set(options, name, value, error));
    CHECK(s3cache_options_set(options, name, value, &why) == S3CACHE_ERROR_INVALID_OPTION);
    CHECK(strstr(s3cache_error_message(why), word) != NULL);
    CHECK(strstr(s3cache_error_message(why), another) != NULL);
    s3cache_error_free(why);
}

static void set_and_get(void) {
    s3cache_options *options = (s3cache_options *)GARBAGE;
    GIVES(S3CACHE_OK, s3cache_options_new(&options, error));
    CHECK(s3cache_options_ignored(options, 0) == NULL);
    expect_option(options, "bucket", NULL);
    expect_option(options, "max_entries", NULL);
    expect_option(options, "no_such_option", NULL);

    GIVES_TWICE(S3CACHE_OK, s3cache_options_set(options, "bucket", "my-bucket", error));
    GIVES(S3CACHE_OK, s3cache_options_set(options, "MAX-ENTRIES", "1000", error));
    expect_option(options, "bucket", "my-bucket");
    expect_option(options, "bucket_name", "my-bucket");
    expect_option(options, "max_entries", "1000");
    expect_option(options, "Max-Entries", "1000");
    GIVES(S3CACHE_OK, s3cache_options_set(options, "max_entries", "", error));
    expect_option(options, "max_entries", NULL);
    GIVES(S3CACHE_OK, s3cache_options_set(options, "max_entries", "7", error));
    GIVES(S3CACHE_OK, s3cache_options_set(options, "max_entries", NULL, error));
    expect_option(options, "max_entries", NULL);

    GIVES(S3CACHE_OK, s3cache_options_set(options, "access_key", "AKIA", error));
    GIVES(S3CACHE_OK, s3cache_options_set(options, "secret_key", "hush", error));
    expect_option(options, "secret_key", NULL);

    /* What is refused changes nothing. */
    GIVES(S3CACHE_OK, s3cache_options_set(options, "max_entries", "5", error));
    refused(options, "max_entrys", "7", "max_entrys", "max_entries");
    refused(options, "max_entries", "many", "max_entries", "many");
    refused(options, "lease", "0", "lease", "0");
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_options_set(options, NOT_UTF8, "7", error));
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT, s3cache_options_set(options, "location", NOT_UTF8, error));
    expect_option(options, "max_entries", "5");
    expect_option(options, "location", NULL);

    {
        char *value = (char *)GARBAGE;
        GIVES(S3CACHE_ERROR_ARGUMENT, s3cache_options_get(options, NOT_UTF8, &value, error));
        CHECK(value == NULL);
    }
    s3cache_options_free(options);
}

static void what_has_no_meaning_here(void) {
    s3cache_options *options = NULL;
    GIVES(S3CACHE_OK, s3cache_options_new(&options, error));
    GIVES(S3CACHE_OK, s3cache_options_set(options, "querystring_auth", "no", error));
    GIVES(S3CACHE_OK, s3cache_options_set(options, "max_entries", "5", error));
    GIVES(S3CACHE_OK, s3cache_options_set(options, "file_overwrite", "yes", error));
    {
        const char *first = s3cache_options_ignored(options, 0);
        const char *second = s3cache_options_ignored(options, 1);
        CHECK(first != NULL && second != NULL && strcmp(first, second) != 0);
        CHECK(strcmp(first, "querystring_auth") == 0 || strcmp(second, "querystring_auth") == 0);
        CHECK(strcmp(first, "file_overwrite") == 0 || strcmp(second, "file_overwrite") == 0);
        /* Asked for twice, and still there. */
        CHECK(strcmp(first, s3cache_options_ignored(options, 0)) == 0);
    }
    CHECK(s3cache_options_ignored(options, 2) == NULL);
    CHECK(s3cache_options_ignored(options, SIZE_MAX) == NULL);
    s3cache_options_free(options);
}

static void out_of_a_url(void) {
    static const char *const REFUSED[] = {
        "",
        "http://bucket",
        "s3://bucket?max_entrys=7",
        "s3://bucket?lease=0",
        "s3://key:hush@bucket/",
        "s3://bucket?location=%ff",
    };
    s3cache_options *options = (s3cache_options *)GARBAGE;
    s3cache_error *why = NULL;
    size_t i;
    GIVES(S3CACHE_OK, s3cache_options_from_url("s3://b-1/a/b?default_timeout=1m&secret_key=hush",
                                               &options, error));
    expect_option(options, "bucket", "b-1");
    expect_option(options, "location", "a/b");
    expect_option(options, "default_timeout", "60");
    expect_option(options, "secret_key", NULL);
    s3cache_options_free(options);
    for (i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        options = (s3cache_options *)GARBAGE;
        GIVES_TWICE(S3CACHE_ERROR_INVALID_OPTION,
                    s3cache_options_from_url(REFUSED[i], &options, error));
        CHECK(options == NULL);
        CHECK(s3cache_options_from_url(REFUSED[i], &options, &why) < 0);
        CHECK(strstr(s3cache_error_message(why), "hush") == NULL);
        s3cache_error_free(why);
    }
    options = (s3cache_options *)GARBAGE;
    GIVES_TWICE(S3CACHE_ERROR_ARGUMENT,
                s3cache_options_from_url("s3://" NOT_UTF8, &options, error));
    CHECK(options == NULL);
}

static void out_of_the_environment(void) {
    s3cache_options *options = (s3cache_options *)GARBAGE;
    CHECK(setenv("S3CACHE_URL", "s3://b-1/a?max_entries=7&cull_frequency=2", 1) == 0);
    CHECK(setenv("S3CACHE_MAX_ENTRIES", "8", 1) == 0);
    GIVES(S3CACHE_OK, s3cache_options_from_env(&options, error));
    expect_option(options, "bucket", "b-1");
    expect_option(options, "max_entries", "8");
    expect_option(options, "cull_frequency", "2");
    s3cache_options_free(options);
    CHECK(setenv("S3CACHE_MAX_ENTRYS", "8", 1) == 0);
    options = (s3cache_options *)GARBAGE;
    GIVES_TWICE(S3CACHE_ERROR_INVALID_OPTION, s3cache_options_from_env(&options, error));
    CHECK(options == NULL);
}

/* Each can be right, and together they are not. */
static void opened(void) {
    s3cache_options *options = NULL;
    s3cache *cache = (s3cache *)GARBAGE, *second = (s3cache *)GARBAGE;
    GIVES(S3CACHE_OK, s3cache_options_new(&options, error));
    GIVES_TWICE(S3CACHE_ERROR_INVALID_OPTION, s3cache_open(options, &cache, error));
    CHECK(cache == NULL);
    GIVES(S3CACHE_OK, s3cache_options_set(options, "bucket", "my-bucket", error));
    GIVES(S3CACHE_OK, s3cache_options_set(options, "access_key", "AKIA", error));
    GIVES_TWICE(S3CACHE_ERROR_INVALID_OPTION, s3cache_open(options, &cache, error));

    /* Changed, and used again; the first handle has no part in it. */
    GIVES(S3CACHE_OK, s3cache_options_set(options, "secret_key", "hush", error));
    GIVES(S3CACHE_OK, s3cache_options_set(options, "region", "eu-west-1", error));
    GIVES(S3CACHE_OK, s3cache_open(options, &cache, error));
    GIVES(S3CACHE_OK, s3cache_options_set(options, "region", "eu-west-2", error));
    GIVES(S3CACHE_OK, s3cache_open(options, &second, error));
    s3cache_options_free(options);
    {
        char *region = (char *)GARBAGE;
        GIVES(S3CACHE_OK, s3cache_region(cache, &region, error));
        CHECK(strcmp(region, "eu-west-1") == 0);
        s3cache_free(region);
    }
    s3cache_close(cache);
    s3cache_close(second);
}

void test_options(void) {
    set_and_get();
    what_has_no_meaning_here();
    out_of_a_url();
    opened();
    out_of_the_environment();
}
