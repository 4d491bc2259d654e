/* Runs the test that is named. One program for all: they are linked once, not
 * twenty times. */
#include "check.h"
#include "tests.h"

/* Before the checkers of memory are believed. */
static void leak(void) {
    s3cache_options *lost = NULL;
    GIVES(S3CACHE_OK, s3cache_options_new(&lost, error));
}

int main(int argc, char **argv) {
    const char *name = argc == 2 ? argv[1] : "";
#define RUN(test)                                                             \
    if (strcmp(name, #test) == 0) {                                           \
        test_##test();                                                        \
        return 0;                                                             \
    }
    EACH_TEST(RUN)
    if (strcmp(name, "leak") == 0) {
        leak();
        return 0;
    }
    fprintf(stderr, "there is no test \"%s\"\n", name);
    return 2;
}
