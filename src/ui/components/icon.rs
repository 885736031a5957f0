//! Icons: strokes on a grid of 24, in the colour of the text around them.

use yew::prelude::*;

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum Icon {
    Play,
    Pause,
    Step,
    Restart,
    Undo,
    Present,
    Share,
    Help,
    Gallery,
    Editor,
    Terminal,
    Panel,
    Close,
    Sun,
    Moon,
    Auto,
    More,
    Copy,
    Check,
    Book,
    Nodes,
    Traffic,
    Owners,
    Warning,
    Out,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Play => "M8 5.5v13l11-6.5z",
            Self::Pause => "M8 5v14M16 5v14",
            Self::Step => "M6 5.5v13l9-6.5zM18.5 5.5v13",
            Self::Restart => "M5 5.5v13M19 5.5v13l-10-6.5z",
            Self::Undo => "M9 14l-5-5 5-5M4 9h10a6 6 0 0 1 0 12h-3",
            Self::Present => "M5 5.5v13l6-6.5zM12 5.5v13l7-6.5z",
            Self::Share => "M12 15V3.5M8 7l4-4 4 4M5 12v7.5h14V12",
            Self::Help => {
                "M9.2 9.2a2.9 2.9 0 1 1 4.4 2.6c-1 .6-1.6 1.2-1.6 2.4M12 17.6v.2M12 2.8a9.2 9.2 0 1 0 0 18.4 9.2 9.2 0 0 0 0-18.4z"
            }
            Self::Gallery => "M4 4h6.5v6.5H4zM13.5 4H20v6.5h-6.5zM4 13.5h6.5V20H4zM13.5 13.5H20V20h-6.5z",
            Self::Editor => "M8.5 7L3.5 12l5 5M15.5 7l5 5-5 5M13.5 4.5l-3 15",
            Self::Terminal => "M4 6l6 6-6 6M12.5 18.5H20",
            Self::Panel => "M4 4.5h16v15H4zM14.5 4.5v15",
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::Sun => {
                "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2.2M12 19.3v2.2M2.5 12h2.2M19.3 12h2.2M5.3 5.3l1.5 1.5M17.2 17.2l1.5 1.5M18.7 5.3l-1.5 1.5M6.8 17.2l-1.5 1.5"
            }
            Self::Moon => "M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7z",
            Self::Auto => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M12 7.5h6.5M12 12h9M12 16.5h6.5",
            Self::More => "M12 5.5v.2M12 12v.2M12 18.5v.2",
            Self::Copy => "M8.5 8.5H20V20H8.5zM4 15.5V4h11.5",
            Self::Check => "M4.5 12.5l5 5 10-11",
            Self::Book => {
                "M12 6.5C10 5 7 4.5 4 4.8v13.6c3-.3 6 .2 8 1.7 2-1.5 5-2 8-1.7V4.8c-3-.3-6 .2-8 1.7zM12 6.5v13.6"
            }
            Self::Nodes => "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
            Self::Traffic => "M3 12h5l3-6 4 12 3-6h3",
            Self::Owners => {
                "M9.5 3h5v4.500h-5zM3 16.500h5V21H3zM16 16.500h5V21h-5zM12 7.500V12M5.500 16.500V12h13v4.500"
            }
            Self::Warning => "M12 4l9 15.5H3zM12 10v4.5M12 17v.2",
            Self::Out => "M14 4h6v6M20 4l-9 9M17 13.5V20H4V7h6.5",
        }
    }

    const fn is_solid(self) -> bool {
        matches!(self, Self::Play | Self::Step | Self::Restart | Self::Present)
    }
}

/// An icon, as an image without a name: the control around it has one.
pub fn icon(icon: Icon) -> Html {
    let class = if icon.is_solid() { "icon solid" } else { "icon" };
    html! {
        <svg {class} viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d={icon.path()} /></svg>
    }
}
