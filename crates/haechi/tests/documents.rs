//! What the documents show is true.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// Every `ReachTest` on the page about them is a test of the example shop that holds.
#[test]
fn the_tests_of_the_page_about_tests_hold() {
    let page = std::fs::read_to_string(root().join("docs/reach-test.md")).expect("the page can be read");
    let examples = blocks(&page, "yaml");
    assert!(examples.len() >= 4, "the page has examples");
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for (number, example) in (1..).zip(&examples) {
        let file = folder.path().join(format!("{number}.yaml"));
        std::fs::write(&file, example).expect("the folder can be written to");
        let output = haechi(&["test", "-f", "examples/shop", &file.display().to_string()]);
        let printed = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{example}\n{printed}{errors}");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn haechi(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haechi"));
    command
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("the command runs")
}

/// The code blocks of a page that are in some language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let (mut blocks, mut open) = (Vec::new(), None::<String>);
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if *info == *language => {
                open = Some(String::new());
            }
            Event::Text(text) => {
                if let Some(block) = &mut open {
                    block.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
            _ => {}
        }
    }
    blocks
}
