//! How wide text is, and where it may be broken.

mod widths;

/// A weight of the font that pictures are set in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    SemiBold,
}

/// The width of a line, in units of the size it is set in.
///
/// Without kerning, so that it is a little too wide rather than too narrow.
pub(crate) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    text.chars()
        .map(|character| f64::from(advance(character, weight)))
        .sum::<f64>()
        * size
        / 1000.0
}

/// Where text is best broken; elsewhere only where it would not fit at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// After spaces; in a word that is too long for any line, after the signs that names are joined by.
    Words,
    /// After spaces and the signs that names are joined by.
    Names,
}

/// Breaks text into lines no wider than `limit`. The lines joined are the text.
pub(crate) fn lines(text: &str, size: f64, weight: Weight, limit: f64, breaks: Breaks) -> Vec<String> {
    let limit = limit * 1000.0 / size;
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0.0);
    // Where the line was last breakable, and how much of it was used there.
    let mut breakable: Option<(usize, f64)> = None;
    let mut joint: Option<(usize, f64)> = None;
    for character in text.chars().map(printable) {
        let step = f64::from(advance(character, weight));
        if used + step > limit && !line.is_empty() && character != ' ' {
            let (at, before) = breakable.take().or(joint).unwrap_or((line.len(), used));
            joint = joint.filter(|(j, _)| *j > at).map(|(j, used)| (j - at, used - before));
            let rest = line.split_off(at);
            lines.push(std::mem::replace(&mut line, rest));
            used -= before;
        }
        line.push(character);
        used += step;
        let joins = matches!(character, '-' | '.' | '/' | ',' | ':' | '_' | '=');
        if character == ' ' || joins && breaks == Breaks::Names {
            breakable = Some((line.len(), used));
        } else if joins {
            joint = Some((line.len(), used));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The character, or what stands for it where it may not stand in XML or would break a line.
pub(crate) fn printable(character: char) -> char {
    match character {
        '\n' | '\r' | '\t' => ' ',
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        control if control.is_control() => '\u{fffd}',
        plain => plain,
    }
}

fn advance(character: char, weight: Weight) -> u16 {
    let (ascii, latin) = match weight {
        Weight::Regular => (&widths::REGULAR_ASCII, &widths::REGULAR_LATIN),
        Weight::SemiBold => (&widths::SEMIBOLD_ASCII, &widths::SEMIBOLD_LATIN),
    };
    let code = character as usize;
    match code {
        0x20..=0x7e => ascii[code - 0x20],
        0xa0..=0x17f => latin[code - 0xa0],
        0x0300..=0x036f => 0,
        0xac00..=0xd7a3 => widths::HANGUL,
        // Other wide scripts, and signs of unknown width: too wide does no harm.
        0x1100.. => 1000,
        _ => 700,
    }
}

#[cfg(test)]
mod tests {
    use super::{Breaks, Weight, advance, lines, width};

    #[test]
    fn widths_are_those_of_the_fonts() {
        let regular: &[u8] = include_bytes!("../fonts/HaechiSans-Regular.otf");
        let semibold: &[u8] = include_bytes!("../fonts/HaechiSans-SemiBold.otf");
        for (weight, bytes, sample) in [
            (Weight::Regular, regular, "azAZ09 ·~éÿ가해치힘"),
            (Weight::SemiBold, semibold, "azAZ09 ·~éÿ"),
        ] {
            let face = ttf_parser::Face::parse(bytes, 0).expect("a font");
            for character in sample.chars() {
                let glyph = face.glyph_index(character).expect("a glyph");
                let units = f64::from(face.glyph_hor_advance(glyph).expect("a width"));
                let wanted = units * 1000.0 / f64::from(face.units_per_em());
                assert!(
                    (wanted - f64::from(advance(character, weight))).abs() < 1.0,
                    "{character}: {wanted}"
                );
            }
        }
    }

    #[test]
    fn lines_join_to_the_text_and_fit() {
        let text = "nightly-report-generator-with-a-long-name.and.more해치해치해치해치해치해치해치";
        let broken = lines(text, 13.0, Weight::SemiBold, 120.0, Breaks::Names);
        assert_eq!(broken.concat(), text);
        assert_eq!(broken[0], "nightly-report-");
        for line in &broken {
            assert!(width(line, 13.0, Weight::SemiBold) <= 120.0, "{line}");
        }
    }

    #[test]
    fn words_stay_whole() {
        let broken = lines("TCP 81-442, 444-65535", 10.0, Weight::Regular, 60.0, Breaks::Words);
        assert_eq!(broken, ["TCP 81-442, ", "444-65535"]);
        let broken = lines("a credentials-stay-put", 10.0, Weight::Regular, 70.0, Breaks::Words);
        assert_eq!(broken, ["a ", "credentials-", "stay-put"]);
    }
}
