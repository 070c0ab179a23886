using BenchmarkDotNet.Attributes;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Benchmarks;

/// <summary>
/// What every text goes through on its way into the log: secrets are taken out. Measured against the search for one word.
/// </summary>
public class SecretBenchmarks
{
    private const string Line = "The stream to container 3f9a1c7be2d4 broke: Connection reset by peer (unix:///var/run/docker.sock)";
    private const string Secret = "pip install failed: https://build:hunter2hunter2@pypi.example.com/simple answered 403 Forbidden";

    private static readonly string _long = string.Concat(Enumerable.Repeat(Line + "\n", 80));

    [BenchmarkCategory("line"), Benchmark(Baseline = true, Description = "search 100 characters for a word")]
    public bool SearchLine() => Line.Contains("password", StringComparison.OrdinalIgnoreCase);

    [BenchmarkCategory("line"), Benchmark(Description = "100 characters without a secret")]
    public string CleanLine() => SecretRedactor.Instance.Redact(Line);

    [BenchmarkCategory("line"), Benchmark(Description = "100 characters with one")]
    public string SecretLine() => SecretRedactor.Instance.Redact(Secret);

    [BenchmarkCategory("long"), Benchmark(Baseline = true, Description = "search 8 KiB for a word")]
    public bool SearchLong() => _long.Contains("password", StringComparison.OrdinalIgnoreCase);

    [BenchmarkCategory("long"), Benchmark(Description = "8 KiB without a secret")]
    public string CleanLong() => SecretRedactor.Instance.Redact(_long);
}
