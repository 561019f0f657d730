//! Files, folders, patterns and standard input.

use std::fs;
use std::path::Path;

use haechi_source::{Input, Options, read};
use insta::assert_snapshot;
use tempfile::TempDir;

use crate::show::show;

/// A folder with files, each with a namespace of the name that its content gives.
fn folder(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let name = file.replace(|c: char| !c.is_ascii_alphanumeric(), "-").to_lowercase();
        fs::write(
            path,
            format!("{{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {{\"name\": \"{name}\"}}}}\n"),
        )
        .unwrap();
    }
    folder
}

/// What inputs below `folder` are read as, with its place taken out.
fn below(folder: &Path, inputs: &[&str]) -> String {
    with_stdin(folder, inputs, "")
}

fn with_stdin(folder: &Path, inputs: &[&str], stdin: &str) -> String {
    let inputs: Vec<Input> = inputs
        .iter()
        .map(|input| match *input {
            "-" => Input::Stdin,
            path => Input::Path(folder.join(path)),
        })
        .collect();
    let snapshot = read(&inputs, &Options::default(), &mut stdin.as_bytes());
    let folder = format!("{}/", folder.display());
    show(&snapshot)
        .replace(&folder, "")
        .replace(folder.trim_end_matches('/'), ".")
}

#[test]
fn a_dash_is_standard_input() {
    assert_eq!("-".parse(), Ok(Input::Stdin));
    assert_eq!("a/b.yaml".parse(), Ok(Input::Path("a/b.yaml".into())));
}

#[test]
fn folders_are_read_with_all_that_is_in_them() {
    let folder = folder(&[
        "b.yaml",
        "a/c.yml",
        "a/b/d.json",
        "A.YAML",
        "notes.txt",
        "a/readme.md",
        ".hidden.yaml",
        ".git/e.yaml",
        "a/.cache/f.yaml",
    ]);
    assert_snapshot!(below(folder.path(), &[""]), @r"
    namespace a-b-d-json, a/b/d.json:1:1: kubernetes.io/metadata.name=a-b-d-json
    namespace a-c-yml, a/c.yml:1:1: kubernetes.io/metadata.name=a-c-yml
    namespace a-yaml, A.YAML:1:1: kubernetes.io/metadata.name=a-yaml
    namespace b-yaml, b.yaml:1:1: kubernetes.io/metadata.name=b-yaml
    ");
}

#[test]
fn a_hidden_folder_that_is_named_is_read() {
    let folder = folder(&[".hidden/a.yaml"]);
    assert_snapshot!(below(folder.path(), &[".hidden"]), @"namespace -hidden-a-yaml, .hidden/a.yaml:1:1: kubernetes.io/metadata.name=-hidden-a-yaml");
}

#[test]
fn each_file_is_read_once_whatever_it_ends_in() {
    let folder = folder(&["a.yaml", "b.txt"]);
    assert_snapshot!(below(folder.path(), &["b.txt", "", "a.yaml", "./a.yaml"]), @r"
    namespace a-yaml, a.yaml:1:1: kubernetes.io/metadata.name=a-yaml
    namespace b-txt, b.txt:1:1: kubernetes.io/metadata.name=b-txt
    ");
}

#[test]
fn patterns_find_files_and_folders() {
    let folder = folder(&[
        "a/one.yaml",
        "a/two.json",
        "b/one.yaml",
        "b/c/one.yaml",
        "b/one.tmpl",
        "x.yaml",
        ".a/one.yaml",
    ]);
    assert_snapshot!(below(folder.path(), &["*/one.yaml"]), @r"
    namespace a-one-yaml, a/one.yaml:1:1: kubernetes.io/metadata.name=a-one-yaml
    namespace b-one-yaml, b/one.yaml:1:1: kubernetes.io/metadata.name=b-one-yaml
    ");
    assert_snapshot!(below(folder.path(), &["**/one.yaml"]), @r"
    namespace a-one-yaml, a/one.yaml:1:1: kubernetes.io/metadata.name=a-one-yaml
    namespace b-c-one-yaml, b/c/one.yaml:1:1: kubernetes.io/metadata.name=b-c-one-yaml
    namespace b-one-yaml, b/one.yaml:1:1: kubernetes.io/metadata.name=b-one-yaml
    ");
    assert_snapshot!(below(folder.path(), &["b/*"]), @r"
    namespace b-c-one-yaml, b/c/one.yaml:1:1: kubernetes.io/metadata.name=b-c-one-yaml
    namespace b-one-yaml, b/one.yaml:1:1: kubernetes.io/metadata.name=b-one-yaml
    ");
    assert_snapshot!(below(folder.path(), &["{a,b}/*.{yaml,tmpl}"]), @r"
    namespace a-one-yaml, a/one.yaml:1:1: kubernetes.io/metadata.name=a-one-yaml
    namespace b-one-tmpl, b/one.tmpl:1:1: kubernetes.io/metadata.name=b-one-tmpl
    namespace b-one-yaml, b/one.yaml:1:1: kubernetes.io/metadata.name=b-one-yaml
    ");
    assert_snapshot!(below(folder.path(), &["[ab]/???.json"]), @"namespace a-two-json, a/two.json:1:1: kubernetes.io/metadata.name=a-two-json");
}

#[test]
fn a_file_with_the_letters_of_a_pattern_is_a_file() {
    let folder = folder(&["a[1].yaml"]);
    assert_snapshot!(below(folder.path(), &["a[1].yaml"]), @"namespace a-1--yaml, a[1].yaml:1:1: kubernetes.io/metadata.name=a-1--yaml");
}

#[test]
fn what_is_not_there_is_an_error_that_names_what_is() {
    let folder = folder(&["manifests/web.yaml", "empty/readme.md"]);
    assert_snapshot!(below(folder.path(), &[
        "manifests/wep.yaml",
        "manifest",
        "manifest/web.yaml",
        "nowhere/at/all.yaml",
        "manifests/*.yml",
        "manifest/*.yaml",
        "manifests/[.yaml",
        "empty",
        "manifests/web.yaml",
    ]), @r"
    namespace manifests-web-yaml, manifests/web.yaml:1:1: kubernetes.io/metadata.name=manifests-web-yaml
    manifests/wep.yaml: error[HNP008]: no such file or folder
      hint: did you mean manifests/web.yaml?
    manifest: error[HNP008]: no such file or folder
      hint: did you mean manifests?
    manifest/web.yaml: error[HNP008]: no such file or folder
      hint: did you mean manifests/web.yaml?
    nowhere/at/all.yaml: error[HNP008]: no such file or folder
      hint: . holds empty, manifests
    manifests/*.yml: error[HNP008]: no manifest matches this pattern
      hint: quote the pattern, so that the shell leaves it alone; ** stands for any depth of folders
    manifest/*.yaml: error[HNP008]: no manifest matches this pattern
      hint: did you mean manifests?
    manifests/[.yaml: error[HNP008]: is no glob pattern: unclosed character class; missing ']'
    empty: error[HNP008]: holds no manifests
      hint: files that end in .yaml, .yml or .json are read, hidden ones are not
    ");
}

#[test]
fn standard_input_is_read_among_files() {
    let folder = folder(&["a.yaml"]);
    let stdin = "apiVersion: v1\nkind: Namespace\nmetadata: {name: in}\nspec: {}\nstatsu: {}\n";
    assert_snapshot!(with_stdin(folder.path(), &["a.yaml", "-", "-"], stdin), @r"
    namespace a-yaml, a.yaml:1:1: kubernetes.io/metadata.name=a-yaml
    namespace in, (standard input):1:1: kubernetes.io/metadata.name=in
    (standard input):5:1: warning[HNP003]: a Namespace has no field statsu
      hint: did you mean status?
    ");
}

#[test]
fn empty_standard_input_is_an_error() {
    let folder = folder(&[]);
    assert_snapshot!(with_stdin(folder.path(), &["-"], " \n"), @r"
    (standard input): error[HNP008]: holds nothing
      hint: did the command before it fail?
    ");
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_never_in_circles() {
    use std::os::unix::fs::symlink;
    let folder = folder(&["a/one.yaml", "elsewhere/two.yaml"]);
    let a = folder.path().join("a");
    symlink(folder.path(), a.join("up")).unwrap();
    symlink(&a, a.join("self")).unwrap();
    symlink("nowhere", a.join("dangling.yaml")).unwrap();
    symlink("circle.yaml", a.join("circle.yaml")).unwrap();
    symlink(folder.path().join("elsewhere/two.yaml"), a.join("link.yaml")).unwrap();
    assert_snapshot!(below(folder.path(), &["a"]), @r"
    namespace a-one-yaml, a/one.yaml:1:1: kubernetes.io/metadata.name=a-one-yaml
    namespace elsewhere-two-yaml, a/link.yaml:1:1: kubernetes.io/metadata.name=elsewhere-two-yaml
    ");
    assert_snapshot!(below(folder.path(), &["a/circle.yaml"]), @"a/circle.yaml: error[HNP008]: cannot be read: Too many levels of symbolic links (os error 40)");
    assert_snapshot!(below(folder.path(), &["a/**/*.yaml"]), @r"
    namespace a-one-yaml, a/one.yaml:1:1: kubernetes.io/metadata.name=a-one-yaml
    namespace elsewhere-two-yaml, a/link.yaml:1:1: kubernetes.io/metadata.name=elsewhere-two-yaml
    ");
}

#[test]
fn a_file_that_is_no_text_leaves_the_others_alone() {
    let folder = folder(&["a.yaml", "c.yaml"]);
    fs::write(folder.path().join("b.yaml"), b"\x00\x01").unwrap();
    assert_snapshot!(below(folder.path(), &[""]), @r"
    namespace a-yaml, a.yaml:1:1: kubernetes.io/metadata.name=a-yaml
    namespace c-yaml, c.yaml:1:1: kubernetes.io/metadata.name=c-yaml
    b.yaml: error[HNP008]: this is no UTF-8 text: byte 0x00 does not belong in one (line 1, 0 bytes in)
      hint: is it compressed, or not a manifest at all?
    ");
}

#[test]
fn no_input_is_an_empty_snapshot() {
    assert_eq!(show(&read(&[], &Options::default(), &mut std::io::empty())), "");
}
