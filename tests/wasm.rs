//! What must hold in WebAssembly as it does natively. Runs in Node by wasm-bindgen-test-runner.
#![cfg(target_arch = "wasm32")]

use kubarium::sim::Stream;
use wasm_bindgen_test::wasm_bindgen_test;

/// The draws of a seeded stream are the same on every machine: these were written down natively.
#[wasm_bindgen_test]
fn streams_draw_the_same() {
    let mut stream = Stream::new(7, &["scheduler", "default/web-0", "tie"]);
    let draws: Vec<u64> = (0..3).map(|_| stream.below(1_000_000)).collect();
    assert_eq!(draws, [132_875, 776_130, 744_265]);
}
