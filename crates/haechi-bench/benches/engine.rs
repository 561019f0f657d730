//! How long the engine takes to compile a cluster, to count all its pairs, and to explain one.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use haechi_bench::{
    generate::{Labels, Shape},
    loaded::Loaded,
};
use haechi_engine::{End, compile, count, explain};

fn engine(criterion: &mut Criterion) {
    for labels in [Labels::Workload, Labels::Random] {
        let name = match labels {
            Labels::Workload => "shared labels",
            Labels::Random => "random labels",
        };
        for pods in [1_000, 10_000, 100_000] {
            let Loaded { cluster, policies } = Loaded::of(Shape {
                labels,
                ..Shape::of_pods(pods)
            })
            .unwrap();
            let mut group = criterion.benchmark_group(name);
            group.sample_size(10).warm_up_time(Duration::from_secs(1));
            group.bench_function(BenchmarkId::new("compile", pods), |bencher| {
                bencher.iter(|| compile(&cluster, &policies));
            });
            let compiled = compile(&cluster, &policies);
            group.bench_function(BenchmarkId::new("all pairs", pods), |bencher| {
                bencher.iter(|| count(&compiled));
            });
            // From reading on, as the command does: nothing was compiled before.
            let middle = cluster.endpoints.len() / 2;
            let (from, to) = (End::Endpoint(middle), End::Endpoint(middle + 20));
            group.bench_function(BenchmarkId::new("explain", pods), |bencher| {
                bencher.iter(|| explain(&cluster, &policies, &from, &to));
            });
            group.finish();
        }
    }
}

criterion_group!(benches, engine);
criterion_main!(benches);
