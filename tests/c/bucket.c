/* The bucket, and what can be learned of it. */
#include "check.h"
#include "tests.h"

static void check(s3cache *cache) {
    char *report = (char *)GARBAGE;
    s3cache *wrong = OPEN("access_key", needed("AWS_ACCESS_KEY_ID"), "secret_key",
                          "not-the-secret-of-anybody");
    GIVES(S3CACHE_OK, s3cache_check(cache, &report, error));
    CHECK(report != NULL && strstr(report, "conditions") != NULL && strchr(report, '\n') != NULL);
    s3cache_free(report);
    GIVES_TWICE(S3CACHE_OK, s3cache_check(cache, NULL, error));

    report = (char *)GARBAGE;
    GIVES(S3CACHE_FALSE, s3cache_check(wrong, &report, error));
    CHECK(report != NULL && strstr(report, "credentials") != NULL);
    CHECK(strstr(report, "not-the-secret") == NULL);
    s3cache_free(report);
    GIVES_TWICE(S3CACHE_FALSE, s3cache_check(wrong, NULL, error));
    s3cache_close(wrong);
}

static void rule_text(s3cache *cache) {
    char *text = (char *)GARBAGE;
    GIVES(S3CACHE_OK, s3cache_lifecycle_rule_text(cache, 17, &text, error));
    CHECK(strstr(text, "<Days>17</Days>") != NULL);
    s3cache_free(text);
    text = (char *)GARBAGE;
    GIVES_TWICE(S3CACHE_ERROR_INVALID_OPTION, s3cache_lifecycle_rule_text(cache, 0, &text, error));
    CHECK(text == NULL);
}

void test_bucket(void) {
    s3cache *cache = OPEN("region", "us-east-1");
    char *region = (char *)GARBAGE;
    GIVES_TWICE(S3CACHE_OK, s3cache_create_bucket(cache, error));
    GIVES_TWICE(S3CACHE_OK, s3cache_conditional_writes(cache, error));
    GIVES(S3CACHE_OK, s3cache_region(cache, &region, error));
    CHECK(strcmp(region, "us-east-1") == 0);
    s3cache_free(region);
    check(cache);
    rule_text(cache);
    s3cache_close(cache);
}
