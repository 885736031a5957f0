//! Reading the session.

use std::rc::Rc;

use yew::prelude::*;

use crate::ui::handle::{Look, SessionHandle};

/// The session of the page.
#[hook]
pub fn use_session() -> SessionHandle {
    use_context::<SessionHandle>().expect("the app provides a session around all components")
}

/// What `read` sees in the session. The component renders again only when that has changed.
///
/// `read` gets `wanted`, what it depends on besides the session.
#[hook]
pub fn use_view<D, T>(wanted: D, read: fn(Look<'_>, &D) -> T) -> Rc<T>
where
    D: PartialEq + Clone + 'static,
    T: PartialEq + 'static,
{
    let session = use_session();
    let update = use_force_update();
    let shown = use_mut_ref(|| None::<Rc<T>>);
    let next = session.look(|look| read(look, &wanted));
    let current = {
        let mut shown = shown.borrow_mut();
        match &*shown {
            Some(old) if **old == next => old.clone(),
            _ => shown.insert(Rc::new(next)).clone(),
        }
    };
    use_effect_with((session, wanted), move |(session, wanted)| {
        let (own, wanted) = (session.clone(), wanted.clone());
        let subscription = session.subscribe(move || {
            let next = own.look(|look| read(look, &wanted));
            if shown.borrow().as_deref() != Some(&next) {
                update.force_update();
            }
        });
        move || drop(subscription)
    });
    current
}
