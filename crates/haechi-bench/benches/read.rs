//! How many bytes of manifests one core reads in a second.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use haechi_bench::{
    generate::{Labels, Objects, Shape},
    loaded,
};
use haechi_source::{Options, read_texts};

fn read(criterion: &mut Criterion) {
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut group = criterion.benchmark_group("read");
    group.sample_size(10);
    let shapes = [
        ("pods", 1_000, Labels::Workload, Objects::Pods),
        ("pods", 10_000, Labels::Workload, Objects::Pods),
        ("pods, labels random", 10_000, Labels::Random, Objects::Pods),
        ("workloads", 100_000, Labels::Workload, Objects::Workloads),
    ];
    for (name, pods, labels, objects) in shapes {
        let yaml = loaded::yaml(Shape {
            labels,
            objects,
            ..Shape::of_pods(pods)
        })
        .unwrap();
        group.throughput(Throughput::Bytes(yaml.len() as u64));
        group.bench_function(BenchmarkId::new(name, pods), |bencher| {
            bencher.iter_batched(
                || vec![("generated.yaml".to_owned(), yaml.clone())],
                |texts| one_core.install(|| read_texts(texts, &Options::default())),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
