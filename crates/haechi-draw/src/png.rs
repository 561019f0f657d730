//! The picture in pixels.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};

use crate::graph::Graph;
use crate::layout::TooLarge;
use crate::svg::{Theme, svg};

/// No side of a picture has more pixels than this.
const MAX_SIDE: f32 = 16_384.0;
/// No picture has more pixels than this: 256 MB of memory.
const MAX_PIXELS: f32 = 64_000_000.0;

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(include_bytes!("../fonts/HaechiSans-Regular.otf").to_vec());
    fonts.load_font_data(include_bytes!("../fonts/HaechiSans-SemiBold.otf").to_vec());
    Arc::new(fonts)
});

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PngError {
    /// The graph cannot be drawn.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The scale is no positive number.
    #[error("cannot draw at scale {0}")]
    Scale(f32),
    /// The picture would have too many pixels.
    #[error("a picture of {width} × {height} pixels is too large; lower the scale or draw as SVG")]
    TooManyPixels {
        /// Pixels from left to right.
        width: u64,
        /// Pixels from top to bottom.
        height: u64,
    },
    /// The drawing was not understood.
    #[error("cannot read the drawing")]
    Drawing(#[from] resvg::usvg::Error),
    /// The pixels could not be written.
    #[error("cannot write the picture: {0}")]
    Encoding(String),
}

/// Draws the graph as PNG, `scale` pixels to a unit of the SVG; 2 is good for screens.
///
/// The fonts are embedded, so that the same graph gives the same pixels anywhere: Latin, signs, and
/// the Hangul of KS X 1001. What has no glyph there becomes a box. [`Theme::Auto`] is light here.
///
/// # Errors
/// When the graph or the picture is too large.
pub fn png(graph: &Graph, theme: &Theme, scale: f32) -> Result<Vec<u8>, PngError> {
    if !(scale.is_finite() && scale > 0.0) {
        return Err(PngError::Scale(scale));
    }
    let theme = match theme {
        Theme::Dark => Theme::Dark,
        Theme::Light | Theme::Auto => Theme::Light,
    };
    let drawing = svg(graph, &theme)?;
    let options = Options {
        fontdb: Arc::clone(&FONTS),
        font_family: "Haechi Sans".into(),
        ..Options::default()
    };
    let tree = Tree::from_str(&drawing, &options)?;
    let (width, height) = (
        (tree.size().width() * scale).ceil(),
        (tree.size().height() * scale).ceil(),
    );
    let too_many = PngError::TooManyPixels {
        width: width as u64,
        height: height as u64,
    };
    if width.max(height) > MAX_SIDE || width * height > MAX_PIXELS {
        return Err(too_many);
    }
    let mut pixels = Pixmap::new(width as u32, height as u32).ok_or(too_many)?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels
        .encode_png()
        .map_err(|error| PngError::Encoding(error.to_string()))
}
