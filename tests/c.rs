//! The C interface, from C: the header, the library in both its forms, and the
//! programs of tests/c and examples/c, compiled without a warning, and run, again
//! with checkers of memory. Beyond Rust it takes a C compiler; valgrind, nm and a
//! C++ compiler where they are there.
#![cfg(all(feature = "ffi", unix))]

#[path = "c/header.rs"]
mod header;
#[path = "c/servers.rs"]
mod servers;
mod support;
#[path = "c/workshop.rs"]
mod workshop;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use servers::{Servers, run};
use workshop::Linking::{self, Sanitized, Shared, Static};
use workshop::{Library, compiler, cxx_compiler, folder, header_folder, is_there, root, succeed};

/// What the checkers end a program with.
const FOUND: &str = "99";

/// Each test of tests/c/tests.h, in each way of running it.
macro_rules! each_test {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        each_test!(@ shared, $($name)*);
        each_test!(@ archived, $($name)*);
        each_test!(@ sanitized, $($name)*);
        each_test!(@ valgrind, $($name)*);
    };
    (@ $way:ident, $($name:ident)*) => {
        mod $way {
            $(#[test]
            fn $name() {
                super::$way(stringify!($name));
            })*
        }
    };
}

each_test! {
    arguments atomic bucket busy errors fills forks handles lifecycle many
    nulls options results signals stats threads timeouts values walks weak
}

#[test]
fn no_test_is_left_out() {
    let list = fs::read_to_string(root().join("tests/c/tests.h")).unwrap();
    let lines = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix("X("));
    let names: Vec<_> = lines.map(|line| line.split(')').next().unwrap()).collect();
    assert_eq!(names, NAMES);
}

fn shared(test: &str) {
    pass(tests(Shared).map(Command::new), test);
}

fn archived(test: &str) {
    pass(tests(Static).map(Command::new), test);
}

fn sanitized(test: &str) {
    pass(tests(Sanitized).map(Command::new), test);
}

fn valgrind(test: &str) {
    pass(under_valgrind(), test);
}

fn pass(program: Option<Command>, test: &str) {
    let Some(mut program) = program else {
        eprintln!("skipped: {test}, as what it takes is not there");
        return;
    };
    let servers = Servers::start();
    servers.introduce(&mut program);
    watch(&mut program);
    let (status, said) = run(program.arg(test));
    assert!(status.success(), "{status}\n{said}");
}

/// The tests, all in one program.
fn tests(linking: Linking) -> Option<&'static Path> {
    static PROGRAMS: [OnceLock<Result<Option<PathBuf>, String>>; 3] =
        [const { OnceLock::new() }; 3];
    let program = PROGRAMS[linking as usize].get_or_init(|| {
        let sources = sources(&root().join("tests/c"));
        workshop::program("tests", &sources, linking)
    });
    let program = program.as_ref().unwrap_or_else(|why| panic!("{why}"));
    program.as_deref()
}

/// A program of one file.
fn program(name: &str, source: PathBuf, linking: Linking) -> Option<PathBuf> {
    workshop::program(name, &[source], linking).unwrap_or_else(|why| panic!("{why}"))
}

/// The C files of a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "c"));
    paths.sort();
    paths
}

fn under_valgrind() -> Option<Command> {
    if !is_there("valgrind") {
        eprintln!("skipped: there is no valgrind");
        return None;
    }
    let suppressions = root().join("tests/c/valgrind.supp");
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--quiet", "--leak-check=full"])
        // What is still reachable at the end are tables that are made once.
        .arg("--errors-for-leak-kinds=definite,indirect,possible")
        .arg("--show-leak-kinds=definite,indirect,possible")
        .arg(format!("--suppressions={}", suppressions.display()))
        .arg(format!("--error-exitcode={FOUND}"))
        .arg(tests(Shared)?);
    Some(valgrind)
}

/// What the sanitizers look for, and how they tell.
fn watch(program: &mut Command) {
    // The slow way to unwind finds through Rust, which keeps no frame pointers.
    let of_memory = format!(
        "detect_leaks=1:detect_stack_use_after_return=1:fast_unwind_on_malloc=0:exitcode={FOUND}"
    );
    program
        .env("ASAN_OPTIONS", of_memory)
        .env("LSAN_OPTIONS", format!("exitcode={FOUND}"))
        .env("UBSAN_OPTIONS", "print_stacktrace=1");
}

/// Before the checkers are believed: a program that loses an object fails.
#[test]
fn a_leak_is_noticed() {
    for program in [tests(Sanitized).map(Command::new), under_valgrind()] {
        let Some(mut program) = program else {
            continue;
        };
        program.env_clear();
        watch(&mut program);
        let (status, said) = run(program.arg("leak"));
        assert_eq!(status.code(), FOUND.parse().ok(), "{said}");
        assert!(said.contains("s3cache_options_new"), "{said}");
    }
}

#[test]
fn the_tour() {
    for linking in [Shared, Static, Sanitized] {
        let source = root().join("examples/c/tour.c");
        let Some(program) = program("tour", source, linking) else {
            continue;
        };
        let servers = Servers::start();
        let mut tour = Command::new(&program);
        servers.introduce(&mut tour);
        let (status, said) = run(&mut tour);
        assert!(status.success(), "{status}\n{said}");
        for line in [
            "greeting: hello",
            "nightly-job: it is ours to run",
            "visits: 1",
            "page: <html>, computed",
            "a: 1",
            "nobody: a miss",
        ] {
            assert!(
                said.lines().any(|said| said == line),
                "no \"{line}\" in:\n{said}"
            );
        }

        // Once more, by its argument, and with what the first has left.
        let mut tour = Command::new(&program);
        servers.introduce(&mut tour);
        tour.env_remove("S3CACHE_URL").arg(servers.url());
        let (status, said) = run(&mut tour);
        assert!(status.success(), "{status}\n{said}");
        assert!(said.contains("visits: 2\n"), "{said}");
        assert!(said.contains("page: <html>, as it was stored\n"), "{said}");

        let mut tour = Command::new(&program);
        servers.introduce(&mut tour);
        tour.env("S3CACHE_SECRET_KEY", "wrong")
            .env("S3CACHE_ACCESS_KEY", "unknown");
        let (status, said) = run(&mut tour);
        assert_eq!(status.code(), Some(1), "{said}");
        assert!(
            said.starts_with("tour: ") && said.lines().count() == 1,
            "{said}"
        );
    }
}

/// As the README says to install it, by cargo-c, and as the tour says to build it.
#[test]
fn an_installed_library() {
    if !is_there("cargo-cinstall") || !is_there("pkg-config") {
        eprintln!("skipped: there is no cargo-c, or no pkg-config");
        return;
    }
    let prefix = folder().join("prefix");
    let mut install = Command::new(env!("CARGO"));
    install
        .current_dir(root())
        .args(["cinstall", "--debug", "--locked", "--libdir", "lib"])
        .arg("--prefix")
        .arg(&prefix)
        .arg("--target-dir")
        .arg(folder().join("installed"));
    succeed(&mut install);
    let library = prefix.join("lib");
    let mut ask = Command::new("pkg-config");
    ask.args(["--cflags", "--libs", "s3cache"])
        .env("PKG_CONFIG_PATH", library.join("pkgconfig"));
    let flags = succeed(&mut ask);
    let Some(mut compiler) = compiler() else {
        return;
    };
    let program = folder().join("installed-tour");
    compiler
        .arg(root().join("examples/c/tour.c"))
        .args(flags.split_whitespace())
        .arg("-o")
        .arg(&program);
    succeed(&mut compiler);
    let servers = Servers::start();
    let mut tour = Command::new(program);
    servers.introduce(&mut tour);
    let (status, said) = run(tour.env("LD_LIBRARY_PATH", library));
    assert!(status.success(), "{status}\n{said}");
    assert!(said.contains("greeting: hello\n"), "{said}");
}

/// The program at the top of the header, as it stands there but for its URL.
#[test]
fn the_program_in_the_header() {
    let text = header::example();
    let url = text.split('"').find(|text| text.starts_with("s3://"));
    let servers = Servers::start();
    let text = text.replace(url.unwrap(), &servers.url());
    let source = folder().join("header.c");
    fs::write(&source, text).unwrap();
    for linking in [Shared, Static, Sanitized] {
        let Some(program) = program("header", source.clone(), linking) else {
            continue;
        };
        let mut program = Command::new(program);
        servers.introduce(&mut program);
        program.env_remove("S3CACHE_URL");
        let (status, said) = run(&mut program);
        assert!(status.success(), "{status}\n{said}");
        assert_eq!(said, "hello\n");
    }
}

/// In each language that includes it, alone and twice.
#[test]
fn the_header_gives_no_warning() {
    let source = folder().join("twice.c");
    fs::write(&source, "#include <s3cache.h>\n#include <s3cache.h>\n").unwrap();
    let check = |compiler: Option<Command>, language: &str, standards: &[&str]| {
        let Some(mut compiler) = compiler else {
            return;
        };
        compiler
            .args(["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"])
            .args(["-fsyntax-only", "-x", language, "-I"])
            .arg(header_folder())
            .arg(&source);
        for standard in standards {
            let mut again = Command::new(compiler.get_program());
            again.args(compiler.get_args()).arg(standard);
            succeed(&mut again);
        }
    };
    check(compiler(), "c", &["-std=c99", "-std=c11", "-std=gnu17"]);
    check(
        cxx_compiler(),
        "c++",
        &["-std=c++98", "-std=c++11", "-std=c++17"],
    );
}

/// What the header declares is exported, and nothing else is.
#[test]
#[cfg(target_os = "linux")]
fn the_header_and_the_library_have_the_same_functions() {
    if !is_there("nm") {
        eprintln!("skipped: there is no nm");
        return;
    }
    let library = Library::get().unwrap_or_else(|why| panic!("{why}"));
    let shared = &library.shared;
    let listing = succeed(
        Command::new("nm")
            .args(["-D", "--defined-only"])
            .arg(shared),
    );
    let symbols = listing.lines().map(|line| line.rsplit(' ').next().unwrap());
    let exported: BTreeSet<_> = symbols.map(str::to_owned).collect();
    assert_eq!(exported, header::functions());
}

#[test]
fn each_function_is_called_by_a_test() {
    let files = sources(&root().join("tests/c")).into_iter();
    let header = root().join("tests/c/calls.h");
    let texts = files
        .chain([header])
        .map(|path| fs::read_to_string(path).unwrap());
    let text = texts.collect::<String>();
    let functions = header::functions();
    assert!(functions.len() > 50, "{functions:?}");
    for function in functions {
        assert!(text.contains(&format!("{function}(")), "{function}");
    }
}

/// results.c has the numbers down a second time, and asks the library for the names.
#[test]
fn each_result_is_in_the_test_of_results() {
    let text = fs::read_to_string(root().join("tests/c/results.c")).unwrap();
    let results = header::results();
    assert!(results.len() > 30, "{results:?}");
    for (name, number) in results {
        let line = format!("    RESULT({name}, {number}),");
        assert!(text.lines().any(|found| found == line), "{line}");
    }
}

/// The header's version is the crate's.
#[test]
fn the_version_in_the_header() {
    let text = header::text();
    let version = env!("CARGO_PKG_VERSION");
    assert!(text.contains(&format!("#define S3CACHE_VERSION \"{version}\"\n")));
    let parts = ["MAJOR", "MINOR", "PATCH"]
        .into_iter()
        .zip(version.split('.'));
    for (name, number) in parts {
        assert!(text.contains(&format!("#define S3CACHE_VERSION_{name} {number}\n")));
    }
}
