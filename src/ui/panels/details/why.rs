//! Why an object is as it is: the sentence, the evidence, and for a pod what the scheduler said of each node.

use yew::prelude::*;

use super::matrix::Matrix;
use super::props::ObjectProps;
use crate::ui::hooks::{use_ui, use_view};
use crate::ui::selection::POD;

/// Why an object is as it is.
#[component]
pub(super) fn WhyPage(props: &ObjectProps) -> Html {
    let ui = use_ui();
    let said = use_view((props.object.clone(), ui.language), |look, (object, language)| {
        let why = look.why(object)?;
        let evidence: Vec<String> = why.evidence.iter().map(|say| language.say(say)).collect();
        Some((language.say(&why.sentence), evidence))
    });
    html! {
        <>
            if let Some((sentence, evidence)) = &*said {
                <p class="why">{ sentence.clone() }</p>
                if !evidence.is_empty() {
                    <ul class="evidence">{ for evidence.iter().map(|line| html! { <li>{ line.clone() }</li> }) }</ul>
                }
            }
            if props.object.kind == POD { <Matrix object={props.object.clone()} /> }
        </>
    }
}
