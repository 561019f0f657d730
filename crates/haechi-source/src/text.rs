//! Bytes that should be text.

use std::fmt;

/// The text of `bytes`, without a byte order mark.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<String, NotText> {
    if let Some(encoding) = wide(&bytes) {
        return Err(NotText::Wide(encoding));
    }
    // No YAML holds this byte, and nearly every binary file does.
    if let Some(at) = memchr::memchr(0, &bytes) {
        return Err(NotText::binary(&bytes, at));
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        NotText::binary(error.as_bytes(), at)
    })?;
    if text.starts_with(MARK) {
        text.drain(..MARK.len_utf8());
    }
    Ok(text)
}

const MARK: char = '\u{feff}';

/// Bytes that are no UTF-8 text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotText {
    /// Text in another encoding.
    Wide(&'static str),
    /// No text at all, as this byte shows.
    Binary { byte: u8, offset: usize, line: usize },
}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wide(encoding) => write!(f, "the text is in {encoding}, not in UTF-8"),
            Self::Binary { byte, offset, line } => write!(
                f,
                "this is no UTF-8 text: byte {byte:#04x} does not belong in one (line {line}, {offset} bytes in)"
            ),
        }
    }
}

impl NotText {
    fn binary(bytes: &[u8], offset: usize) -> Self {
        Self::Binary {
            byte: bytes.get(offset).copied().unwrap_or_default(),
            offset,
            line: memchr::memchr_iter(b'\n', &bytes[..offset]).count() + 1,
        }
    }

    pub(crate) fn hint(self) -> String {
        match self {
            Self::Wide(encoding) => format!("convert it: iconv -f {encoding} -t UTF-8"),
            Self::Binary { .. } => "is it compressed, or not a manifest at all?".to_owned(),
        }
    }
}

/// The name of a wider encoding, by its mark or by the zeros between letters.
fn wide(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [1..=0x7f, 0, 0, 0, ..] => Some("UTF-32LE"),
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, 1..=0x7f, ..] => Some("UTF-32BE"),
        [0xff, 0xfe, ..] | [1..=0x7f, 0, 1..=0x7f, 0, ..] => Some("UTF-16LE"),
        [0xfe, 0xff, ..] | [0, 1..=0x7f, 0, 1..=0x7f, ..] => Some("UTF-16BE"),
        _ => None,
    }
}
