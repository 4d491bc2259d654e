//! The library as C gets it, and C programs linked with it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

/// What a C program may be compiled with, and stays without a warning.
const FLAGS: [&str; 11] = [
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Werror",
    "-g",
    "-pthread",
];

/// The undefined behaviour of the C part ends the program, as the rest does.
const SANITIZERS: [&str; 3] = [
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Linking {
    Shared,
    Static,
    /// Statically, with the checks of `SANITIZERS` in the C part, and those of
    /// the allocator, leaks among them, in both.
    Sanitized,
}

/// The library in its two forms.
#[derive(Debug)]
pub(crate) struct Library {
    folder: PathBuf,
    pub(crate) archive: PathBuf,
    pub(crate) shared: PathBuf,
    /// What the archive itself needs, as rustc tells it.
    native: Vec<String>,
}

impl Library {
    /// Built once, also if that fails, in a folder of its own: cargo locks the one
    /// it works in.
    pub(crate) fn get() -> Result<&'static Self, String> {
        static LIBRARY: OnceLock<Result<Library, String>> = OnceLock::new();
        LIBRARY
            .get_or_init(Self::build)
            .as_ref()
            .map_err(String::clone)
    }

    fn build() -> Result<Self, String> {
        let target = folder().join("target");
        let notes = folder().join("native-static-libs");
        let features = if cfg!(feature = "tls") {
            "ffi,tls"
        } else {
            "ffi"
        };
        // With the debug assertions, and the checks for overflow: bugs are to show.
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(root())
            // These would be another folder, and other features, than are asked for here.
            .env_remove("CARGO_BUILD_TARGET")
            .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
            .args(["rustc", "--quiet", "--locked", "--lib"])
            .args(["--no-default-features", "--features", features])
            .args(["--crate-type", "cdylib,staticlib", "--target-dir"])
            .arg(&target)
            .args(["--", "--print"])
            .arg(format!("native-static-libs={}", notes.display()));
        attempt(&mut cargo)?;
        let folder = target.join("debug");
        let native = fs::read_to_string(notes).unwrap();
        let extension = env::consts::DLL_EXTENSION;
        Ok(Self {
            archive: folder.join("libs3cache.a"),
            shared: folder.join(format!("libs3cache.{extension}")),
            folder,
            native: native.split_whitespace().map(str::to_owned).collect(),
        })
    }
}

/// Compiles and links; `None`, with the reason printed, where there is no compiler
/// or none that can do it.
pub(crate) fn program(
    name: &str,
    sources: &[PathBuf],
    linking: Linking,
) -> Result<Option<PathBuf>, String> {
    if linking == Linking::Sanitized && !sanitizes() {
        return Ok(None);
    }
    let Some(mut compiler) = compiler() else {
        return Ok(None);
    };
    let library = Library::get()?;
    let folder = folder().join(format!("{linking:?}"));
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join(name);
    compiler.args(FLAGS).arg("-I").arg(header_folder());
    if linking == Linking::Sanitized {
        compiler.args(SANITIZERS);
    }
    compiler.args(sources).arg("-o").arg(&program);
    if linking == Linking::Shared {
        let path = library.folder.display();
        compiler.arg(format!("-L{path}")).arg("-ls3cache");
        compiler.arg(format!("-Wl,-rpath,{path}"));
    } else {
        compiler.arg(&library.archive).args(&library.native);
    }
    attempt(&mut compiler)?;
    Ok(Some(program))
}

/// `CC`, or `cc`.
pub(crate) fn compiler() -> Option<Command> {
    tool("CC", "cc")
}

/// `CXX`, or `c++`.
pub(crate) fn cxx_compiler() -> Option<Command> {
    tool("CXX", "c++")
}

/// With the arguments that the variable may have, as in `ccache gcc`.
fn tool(variable: &str, default: &str) -> Option<Command> {
    let named = env::var(variable).ok().filter(|name| !name.is_empty());
    let named = named.unwrap_or_else(|| default.to_owned());
    let mut words = named.split_whitespace();
    let program = words.next().unwrap();
    let there = is_there(program).then(|| {
        let mut command = Command::new(program);
        command.args(words);
        command
    });
    if there.is_none() {
        eprintln!("skipped: there is no {program}");
    }
    there
}

pub(crate) fn is_there(program: impl AsRef<OsStr>) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}

/// Whether a program can be compiled with the sanitizers, and started.
fn sanitizes() -> bool {
    static SANITIZES: OnceLock<bool> = OnceLock::new();
    let sanitizes = *SANITIZES.get_or_init(|| {
        let Some(mut compiler) = compiler() else {
            return false;
        };
        let source = folder().join("nothing.c");
        let program = folder().join("nothing");
        fs::write(&source, "int main(void) { return 0; }\n").unwrap();
        compiler
            .args(SANITIZERS)
            .arg(source)
            .arg("-o")
            .arg(&program);
        compiler.output().unwrap().status.success()
            && Command::new(program).output().unwrap().status.success()
    });
    if !sanitizes {
        eprintln!("skipped: the compiler has no sanitizers that work here");
    }
    sanitizes
}

/// Its standard output, or what it said where it failed.
fn attempt(command: &mut Command) -> Result<String, String> {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}\n{said}{complaint}", output.status))
}

pub(crate) fn succeed(command: &mut Command) -> String {
    attempt(command).unwrap_or_else(|why| panic!("{why}"))
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn header_folder() -> PathBuf {
    root().join("src/ffi")
}

/// For all that is built here.
pub(crate) fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c");
    fs::create_dir_all(&folder).unwrap();
    folder
}
