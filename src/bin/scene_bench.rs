//! The picture alone on a made-up cluster: `?pods=3000&nodes=100&view=traffic&theme=dark`.

fn main() {}
