/* Numbers and names: fixed for good, so they are written down a second time. */
#include "check.h"
#include "tests.h"

static const struct {
    s3cache_result declared;
    s3cache_result fixed;
    const char *name;
} RESULTS[] = {
#define RESULT(name, number) {name, number, #name}
    RESULT(S3CACHE_OK, 0),
    RESULT(S3CACHE_HIT, 1),
    RESULT(S3CACHE_MISS, 2),
    RESULT(S3CACHE_FALSE, 3),
    RESULT(S3CACHE_ERROR_NULL, -1),
    RESULT(S3CACHE_ERROR_ARGUMENT, -2),
    RESULT(S3CACHE_ERROR_BUSY, -3),
    RESULT(S3CACHE_ERROR_FORKED, -4),
    RESULT(S3CACHE_ERROR_PANIC, -5),
    RESULT(S3CACHE_ERROR_BUFFER_TOO_SMALL, -6),
    RESULT(S3CACHE_ERROR_NO_MEMORY, -7),
    RESULT(S3CACHE_ERROR_UNKNOWN, -8),
    RESULT(S3CACHE_ERROR_INVALID_OPTION, -20),
    RESULT(S3CACHE_ERROR_VALUE_TOO_LARGE, -21),
    RESULT(S3CACHE_ERROR_NOT_FOUND, -22),
    RESULT(S3CACHE_ERROR_NOT_AN_INTEGER, -23),
    RESULT(S3CACHE_ERROR_OVERFLOW, -24),
    RESULT(S3CACHE_ERROR_READ_ONLY, -25),
    RESULT(S3CACHE_ERROR_ACCESS_DENIED, -40),
    RESULT(S3CACHE_ERROR_BAD_CREDENTIALS, -41),
    RESULT(S3CACHE_ERROR_CLOCK_SKEW, -42),
    RESULT(S3CACHE_ERROR_NO_SUCH_BUCKET, -43),
    RESULT(S3CACHE_ERROR_WRONG_REGION, -44),
    RESULT(S3CACHE_ERROR_REFUSED, -45),
    RESULT(S3CACHE_ERROR_UNSUPPORTED, -46),
    RESULT(S3CACHE_ERROR_UNREACHABLE, -60),
    RESULT(S3CACHE_ERROR_UNAVAILABLE, -61),
    RESULT(S3CACHE_ERROR_TIMED_OUT, -62),
    RESULT(S3CACHE_ERROR_TLS, -63),
    RESULT(S3CACHE_ERROR_CONNECTION_LOST, -64),
    RESULT(S3CACHE_ERROR_NOT_S3, -65),
    RESULT(S3CACHE_ERROR_THROTTLED, -66),
    RESULT(S3CACHE_ERROR_SERVER, -67),
    RESULT(S3CACHE_ERROR_OUTCOME_UNKNOWN, -68),
    RESULT(S3CACHE_ERROR_CONTENDED, -69),
    RESULT(S3CACHE_ERROR_NO_ENTROPY, -70),
};

void test_results(void) {
    static const s3cache_result UNHEARD_OF[] = {INT32_MIN, -1000, -71, -47, -9};
    size_t i;
    for (i = 0; i < sizeof RESULTS / sizeof *RESULTS; i++) {
        CHECK(RESULTS[i].declared == RESULTS[i].fixed);
        CHECK(strcmp(s3cache_result_name(RESULTS[i].fixed), RESULTS[i].name) == 0);
    }
    for (i = 0; i < sizeof UNHEARD_OF / sizeof *UNHEARD_OF; i++)
        CHECK(strcmp(s3cache_result_name(UNHEARD_OF[i]), "S3CACHE_ERROR_UNKNOWN") == 0);
    CHECK(strcmp(s3cache_result_name(4), "S3CACHE_OK") == 0);
    CHECK(strcmp(s3cache_result_name(INT32_MAX), "S3CACHE_OK") == 0);

    CHECK(strcmp(s3cache_version(), S3CACHE_VERSION) == 0);
    CHECK(s3cache_version_number() == S3CACHE_VERSION_NUMBER);
    CHECK(S3CACHE_VERSION_NUMBER == S3CACHE_VERSION_MAJOR * 10000 +
                                        S3CACHE_VERSION_MINOR * 100 + S3CACHE_VERSION_PATCH);
}
