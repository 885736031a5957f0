//! What the scheduler said of each node: filters of those that refused, scores of those that could take the pod.

use yew::prelude::*;

use super::props::ObjectProps;
use crate::api::Object;
use crate::ui::components::{Icon, icon};
use crate::ui::handle::Look;
use crate::ui::hooks::{use_ui, use_view};
use crate::ui::selection::ObjectName;
use crate::view::{NodeScore, NodeVerdicts, Verdicts};

fn table(look: Look<'_>, object: &ObjectName) -> Option<Verdicts> {
    match object.find(look.glass())? {
        Object::Pod(pod) => look.glass().verdicts(pod),
        _ => None,
    }
}

/// What the scheduler said of each node.
#[component]
pub(super) fn Matrix(props: &ObjectProps) -> Html {
    let texts = use_ui().texts();
    let table = use_view(props.object.clone(), table);
    let Some(table) = &*table else {
        return Html::default();
    };
    let cell = |verdict: &Option<Result<(), String>>| match verdict {
        Some(Ok(())) => {
            html! { <td class="pass"><span title={texts.get("why.matrix.pass")} aria-label={texts.get("why.matrix.pass")}>{ icon(Icon::Check) }</span></td> }
        }
        Some(Err(why)) => html! { <td class="fail">{ why.clone() }</td> },
        None => {
            html! { <td class="skip"><span title={texts.get("why.matrix.skip")} aria-label={texts.get("why.matrix.skip")}>{ "·" }</span></td> }
        }
    };
    let row = |row: &NodeVerdicts| {
        html! { <tr key={row.node.clone()}><th scope="row">{ row.node.clone() }</th>{ for row.verdicts.iter().map(cell) }</tr> }
    };
    html! {
        <>
            if !table.refused.is_empty() {
                <h3>{ texts.get("why.matrix") }</h3>
                <div class="scroll-x" tabindex="0" role="group" aria-label={texts.get("why.matrix")}>
                    <table class="matrix">
                        <thead><tr>
                            <th scope="col">{ texts.get("why.matrix.node") }</th>
                            { for table.plugins.iter().map(|plugin| html! { <th scope="col">{ *plugin }</th> }) }
                        </tr></thead>
                        <tbody>{ for table.refused.iter().map(row) }</tbody>
                    </table>
                </div>
            }
            if table.scores.len() > 1 {
                <h3>{ texts.get("why.scores") }</h3>
                <Scores scores={table.scores.clone()} />
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct ScoresProps {
    scores: Vec<NodeScore>,
}

#[component]
fn Scores(props: &ScoresProps) -> Html {
    let best = props.scores.iter().map(|score| score.total).max().unwrap_or(1).max(1);
    let row = |score: &NodeScore| {
        let share = score.total.max(0) * 100 / best;
        html! {
            <li key={score.node.clone()} class={classes!("score", score.chosen.then_some("chosen"))} title={score.parts.clone()}>
                <span class="score-node">{ score.node.clone() }</span>
                <svg class="score-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                    <rect width={share.to_string()} height="6" />
                </svg>
                <span class="score-total">{ score.total }</span>
            </li>
        }
    };
    html! { <ol class="scores">{ for props.scores.iter().map(row) }</ol> }
}
