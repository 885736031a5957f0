//! What the scheduler said of each node: filters of those that refused, scores of those that could take the pod.

use yew::prelude::*;

use super::ObjectProps;
use crate::api::Object;
use crate::ui::components::{Icon, icon};
use crate::ui::handle::Look;
use crate::ui::hooks::{use_ui, use_view};
use crate::ui::selection::ObjectName;
use crate::view::engine::PluginName;
use crate::view::engine::explain;

/// Nodes that are shown.
const NODES_MAX: usize = 30;

#[derive(PartialEq)]
struct Table {
    /// The plugins that refused a node.
    plugins: Vec<PluginName>,
    rows: Vec<Row>,
    scores: Vec<Score>,
}

#[derive(PartialEq)]
struct Row {
    node: String,
    /// For each plugin whether it passed, and why not; none where it was not asked.
    verdicts: Vec<Option<Result<(), String>>>,
}

#[derive(PartialEq)]
struct Score {
    node: String,
    total: i64,
    chosen: bool,
    /// Plugin, weighted score.
    parts: Vec<(PluginName, i64)>,
}

/// The table of a pod without a node is worked out anew for all filters; of a placed one, what the attempt left is shown.
fn table(look: Look<'_>, object: &ObjectName) -> Option<Table> {
    let cluster = look.cluster();
    let Object::Pod(pod) = object.find(cluster)? else {
        return None;
    };
    let placed = !pod.spec.node_name.is_empty();
    let small = cluster.api().count(crate::ui::selection::NODE) <= NODES_MAX;
    let kept = cluster.scheduler().explanation(&pod.meta.uid).cloned();
    let explanation = if !placed && small {
        std::rc::Rc::new(explain(cluster.api(), pod, 0, cluster.now()))
    } else {
        kept?
    };
    let mut plugins = Vec::new();
    for filter in explanation.nodes.iter().flat_map(|node| &node.filters) {
        if !plugins.contains(&filter.plugin) {
            plugins.push(filter.plugin);
        }
    }
    // What passes everywhere tells nothing.
    plugins.retain(|plugin| {
        let mut all = explanation.nodes.iter().flat_map(|node| &node.filters);
        all.any(|filter| filter.plugin == *plugin && !filter.passed)
    });
    let verdict = |filters: &[crate::view::engine::FilterVerdict], plugin: PluginName| {
        let filter = filters.iter().find(|filter| filter.plugin == plugin)?;
        Some(if filter.passed {
            Ok(())
        } else {
            Err(filter.reasons.join(", "))
        })
    };
    let nodes = explanation.nodes.iter().take(NODES_MAX);
    let refused = nodes
        .clone()
        .filter(|node| node.total.is_none() && node.filters.iter().any(|filter| !filter.passed));
    let rows = refused.map(|node| Row {
        node: node.node.to_string(),
        verdicts: plugins.iter().map(|plugin| verdict(&node.filters, *plugin)).collect(),
    });
    let scores = nodes.filter_map(|node| {
        Some(Score {
            node: node.node.to_string(),
            total: node.total?,
            chosen: explanation.chosen.as_ref() == Some(&node.node),
            parts: node
                .scores
                .iter()
                .map(|score| (score.plugin, score.weighted))
                .filter(|(_, points)| *points != 0)
                .collect(),
        })
    });
    let (rows, scores) = (rows.collect(), scores.collect());
    Some(Table { plugins, rows, scores })
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
    let row = |row: &Row| {
        html! { <tr key={row.node.clone()}><th scope="row">{ row.node.clone() }</th>{ for row.verdicts.iter().map(cell) }</tr> }
    };
    html! {
        <>
            if !table.rows.is_empty() {
                <h3>{ texts.get("why.matrix") }</h3>
                <div class="scroll-x" tabindex="0" role="group" aria-label={texts.get("why.matrix")}>
                    <table class="matrix">
                        <thead><tr>
                            <th scope="col">{ texts.get("why.matrix.node") }</th>
                            { for table.plugins.iter().map(|plugin| html! { <th scope="col">{ plugin.text() }</th> }) }
                        </tr></thead>
                        <tbody>{ for table.rows.iter().map(row) }</tbody>
                    </table>
                </div>
            }
            if table.scores.len() > 1 {
                <h3>{ texts.get("why.scores") }</h3>
                <Scores scores={score_rows(&table.scores)} />
            }
        </>
    }
}

/// A row: node, total, whether chosen, parts in words, share of the best total in whole percent.
type ScoreRow = (String, i64, bool, String, i64);

fn score_rows(scores: &[Score]) -> Vec<ScoreRow> {
    let best = scores.iter().map(|score| score.total).max().unwrap_or(1).max(1);
    let parts = |score: &Score| {
        let parts = score
            .parts
            .iter()
            .map(|(plugin, points)| format!("{} {points}", plugin.text()));
        parts.collect::<Vec<_>>().join(", ")
    };
    let rows = scores.iter().map(|score| {
        (
            score.node.clone(),
            score.total,
            score.chosen,
            parts(score),
            score.total.max(0) * 100 / best,
        )
    });
    rows.collect()
}

#[derive(Properties, PartialEq)]
struct ScoresProps {
    scores: Vec<ScoreRow>,
}

#[component]
fn Scores(props: &ScoresProps) -> Html {
    let row = |(node, total, chosen, parts, share): &ScoreRow| {
        html! {
            <li key={node.clone()} class={classes!("score", chosen.then_some("chosen"))} title={parts.clone()}>
                <span class="score-node">{ node.clone() }</span>
                <svg class="score-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                    <rect width={share.to_string()} height="6" />
                </svg>
                <span class="score-total">{ *total }</span>
            </li>
        }
    };
    html! { <ol class="scores">{ for props.scores.iter().map(row) }</ol> }
}
