//! Names that a drawing may use.
//!
//! Owns: elements and attributes of SVG 1.1 and 2 that draw, and nothing that runs, fetches or embeds a page.
//! Leaves to others: what may stand in a value.

/// What an element is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Draws or groups.
    Shape,
    /// Holds text that is drawn.
    Text,
    /// Holds a title or description.
    Label,
    /// Leads elsewhere on click.
    Link,
    /// Shows a picture.
    Picture,
    /// A style sheet.
    Sheet,
    /// Moves something.
    Animation,
    Script,
    /// Holds a web page.
    Page,
    /// Of another vocabulary.
    Foreign,
    Unknown,
}

pub(super) fn place_of(local: &str) -> Place {
    match local {
        "text" | "tspan" | "textPath" => Place::Text,
        "title" | "desc" => Place::Label,
        "a" => Place::Link,
        "image" | "feImage" => Place::Picture,
        "style" => Place::Sheet,
        "animate" | "animateTransform" | "animateMotion" | "animateColor" | "set" => Place::Animation,
        "script" | "handler" | "listener" => Place::Script,
        "foreignObject" | "iframe" | "object" | "embed" | "audio" | "video" | "canvas" => Place::Page,
        "metadata" => Place::Foreign,
        _ if SHAPES.binary_search(&local).is_ok() => Place::Shape,
        _ => Place::Unknown,
    }
}

/// Sorted.
const SHAPES: [&str; 47] = [
    "circle",
    "clipPath",
    "defs",
    "ellipse",
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feConvolveMatrix",
    "feDiffuseLighting",
    "feDisplacementMap",
    "feDistantLight",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feMerge",
    "feMergeNode",
    "feMorphology",
    "feOffset",
    "fePointLight",
    "feSpecularLighting",
    "feSpotLight",
    "feTile",
    "feTurbulence",
    "filter",
    "g",
    "line",
    "linearGradient",
    "marker",
    "mask",
    "mpath",
    "path",
    "pattern",
    "polygon",
    "polyline",
    "radialGradient",
    "rect",
    "solidcolor",
    "stop",
    "svg",
    "switch",
    "symbol",
    "use",
];

/// Whether an attribute may be set by an animation: anything drawn, and never where something leads.
pub(super) fn is_animated(name: &str) -> bool {
    is_attribute(name, false) && !matches!(name, "class" | "id" | "style" | "type" | "requiredExtensions")
}

pub(super) fn is_attribute(name: &str, of_animation: bool) -> bool {
    ATTRIBUTES.binary_search(&name).is_ok()
        || super::css::is_property(name)
        || (of_animation && ANIMATION.binary_search(&name).is_ok())
        || name.strip_prefix("aria-").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_lowercase()))
}

/// Sorted.
const ANIMATION: [&str; 23] = [
    "accumulate",
    "additive",
    "attributeName",
    "attributeType",
    "begin",
    "by",
    "calcMode",
    "dur",
    "end",
    "fill",
    "from",
    "keyPoints",
    "keySplines",
    "keyTimes",
    "max",
    "min",
    "origin",
    "path",
    "repeatCount",
    "repeatDur",
    "restart",
    "to",
    "values",
];

/// Sorted. Properties that may also be set by style stand in `css`.
const ATTRIBUTES: [&str; 111] = [
    "amplitude",
    "azimuth",
    "baseFrequency",
    "baseProfile",
    "bias",
    "class",
    "clipPathUnits",
    "cx",
    "cy",
    "d",
    "diffuseConstant",
    "divisor",
    "dx",
    "dy",
    "edgeMode",
    "elevation",
    "exponent",
    "filterRes",
    "filterUnits",
    "focusable",
    "fr",
    "fx",
    "fy",
    "gradientTransform",
    "gradientUnits",
    "height",
    "id",
    "in",
    "in2",
    "intercept",
    "k1",
    "k2",
    "k3",
    "k4",
    "kernelMatrix",
    "kernelUnitLength",
    "lang",
    "lengthAdjust",
    "limitingConeAngle",
    "markerHeight",
    "markerUnits",
    "markerWidth",
    "maskContentUnits",
    "maskUnits",
    "media",
    "method",
    "mode",
    "numOctaves",
    "offset",
    "operator",
    "order",
    "orient",
    "pathLength",
    "patternContentUnits",
    "patternTransform",
    "patternUnits",
    "points",
    "pointsAtX",
    "pointsAtY",
    "pointsAtZ",
    "preserveAlpha",
    "preserveAspectRatio",
    "primitiveUnits",
    "r",
    "radius",
    "refX",
    "refY",
    "requiredExtensions",
    "requiredFeatures",
    "result",
    "role",
    "rotate",
    "rx",
    "ry",
    "scale",
    "seed",
    "side",
    "slope",
    "spacing",
    "specularConstant",
    "specularExponent",
    "spreadMethod",
    "startOffset",
    "stdDeviation",
    "stitchTiles",
    "style",
    "surfaceScale",
    "systemLanguage",
    "tabindex",
    "tableValues",
    "target",
    "targetX",
    "targetY",
    "textLength",
    "title",
    "transform",
    "type",
    "values",
    "version",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "xChannelSelector",
    "y",
    "y1",
    "y2",
    "yChannelSelector",
    "z",
    "zoomAndPan",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_can_be_searched() {
        assert!(SHAPES.is_sorted() && ANIMATION.is_sorted() && ATTRIBUTES.is_sorted());
        for name in ["viewBox", "d", "points", "transform", "stroke-width", "fill", "aria-label"] {
            assert!(is_attribute(name, false), "{name}");
        }
        for name in ["onclick", "href", "src", "formaction", "xmlns", "keyTimes", "aria-1"] {
            assert!(!is_attribute(name, false), "{name}");
        }
        assert!(!is_animated("href") && !is_animated("onclick") && is_animated("opacity"));
    }
}
