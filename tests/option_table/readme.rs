//! The README shows the table. `S3CACHE_TEST_BLESS=1` writes it there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use s3cache::{OptionRow, Options};

const START: &str =
    "<!-- the option table, written by `S3CACHE_TEST_BLESS=1 cargo test --test option_table` -->";
const END: &str = "<!-- the end of the option table -->";

fn line(row: &OptionRow) -> String {
    let aliases: Vec<_> = row.aliases.iter().map(|name| format!("`{name}`")).collect();
    let default = if row.default.is_empty() {
        "empty"
    } else {
        row.default
    };
    format!(
        "| `{}` | {} | {} | {} | {} |\n",
        row.name,
        aliases.join(", "),
        marked(row.doc),
        marked(row.allowed),
        marked(default)
    )
}

/// As code, what rustdoc would take for a link or for a name that lacks its marks.
fn marked(text: &str) -> String {
    let mut inside = false;
    let words = text.split(' ').map(|word| {
        let (bare, comma) = word
            .strip_suffix(',')
            .map_or((word, ""), |bare| (bare, ","));
        let odd = bare.contains('_') || bare.contains("://") || bare.contains("Format");
        let whole = odd && !inside && !bare.contains('`');
        inside ^= bare.matches('`').count() % 2 == 1;
        if whole {
            format!("`{bare}`{comma}")
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn table() -> String {
    let mut text =
        String::from("\n| option | or | meaning | takes | default |\n|---|---|---|---|---|\n");
    for row in Options::table() {
        text += &line(row);
    }
    let mut reasons: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in Options::ignorable() {
        let names = reasons.entry(row.reason).or_default();
        names.push(format!("`{}`", row.name));
    }
    text += "\nOptions of django-s3-cache that are accepted, and have no meaning here\n(`Options::ignored()` tells which were given):\n\n| option | why |\n|---|---|\n";
    for (reason, names) in reasons {
        writeln!(text, "| {} | {} |", names.join(", "), marked(reason)).unwrap();
    }
    text.push('\n');
    text
}

#[test]
fn the_readme_shows_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme
        .split_once(START)
        .expect("README.md has no start of the table");
    let (shown, after) = rest
        .split_once(END)
        .expect("README.md has no end of the table");
    let shown = shown.trim_start_matches('\n');
    let table = table();
    if shown == table.trim_start_matches('\n') {
        return;
    }
    assert!(
        env::var_os("S3CACHE_TEST_BLESS").is_some_and(|bless| bless == "1"),
        "README.md does not show the option table as it is: `S3CACHE_TEST_BLESS=1 cargo test --test option_table` writes it"
    );
    fs::write(&path, format!("{before}{START}\n{table}{END}{after}")).unwrap();
}
