/* The tests, each a file and a function of that name, for main.c and c.rs. */
#define EACH_TEST(X)                                                          \
    X(arguments)                                                              \
    X(atomic)                                                                 \
    X(bucket)                                                                 \
    X(busy)                                                                   \
    X(errors)                                                                 \
    X(fills)                                                                  \
    X(forks)                                                                  \
    X(handles)                                                                \
    X(lifecycle)                                                              \
    X(many)                                                                   \
    X(nulls)                                                                  \
    X(options)                                                                \
    X(results)                                                                \
    X(signals)                                                                \
    X(stats)                                                                  \
    X(threads)                                                                \
    X(timeouts)                                                               \
    X(values)                                                                 \
    X(walks)                                                                  \
    X(weak)

#define DECLARE(name) void test_##name(void);
EACH_TEST(DECLARE)
#undef DECLARE
